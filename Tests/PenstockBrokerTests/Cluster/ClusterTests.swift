import Foundation
import PenstockBroker
import PenstockEvents
import PenstockLog
import Testing

/// Brokers in processes of their own that share a directory: who has what, and what becomes of it when one dies, stands still, comes or goes.
@Suite("Several brokers on one directory", .serialized)
struct ClusterTests {
    private static let partitions = 6

    /// Runs a load while something happens to the brokers, and checks what is in the log then.
    private func underLoad(
        _ site: ClusterSite, _ log: RemoteLog, _ body: (Load) async throws -> Void
    ) async throws {
        let load = try await Load(log, partitions: Self.partitions)
        let running = Task { try await load.run() }
        // A reader of each partition goes with it wherever it goes.
        var readers: [Task<[Int], any Error>] = []
        for number in 0..<Self.partitions {
            let reader = try await log.reader(for: TopicPartition(ClusterSite.topic, number), from: .earliest)
            readers.append(Task { try await reader.numbersUntilEnd() })
        }
        try await body(load)
        await load.stop()
        try await running.value
        let expected = await load.expected
        for (number, reader) in readers.enumerated() {
            #expect(try await patiently { try await reader.value } == expected[number])
        }
        log.close()
        try await site.check(expected)
    }

    @Test(
        "what a killed broker had is taken over: nothing acknowledged is lost, nothing is there twice",
        arguments: CoordinationBackend.possible)
    func killed(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: Self.partitions)
        let (a, b, c) = (try await site.start("a"), try await site.start("b"), try await site.start("c"))
        let log = site.client(of: a, b, c)
        try await site.until(log) { $0.brokers.count == 3 }
        try await underLoad(site, log) { load in
            try await load.progress()
            for broker in [a, b] {
                broker.kill()
                try await load.progress()
            }
            try await site.until(log) { $0.brokers.map(\.name) == ["c"] }
        }
        try await c.end()
    }
}

extension TopicReader {
    /// The numbers of all readings, up to the record that says that nothing follows.
    fileprivate func numbersUntilEnd() async throws -> [Int] {
        var numbers: [Int] = []
        while true {
            guard let entry = try await next() else {
                try await waitForMore()
                continue
            }
            switch entry {
            case .records(let records):
                for index in 0..<records.count {
                    numbers.append(Int(try records.event(Reading.self, at: index).number))
                }
            case .control(.endOfStream, _):
                await close()
                return numbers
            case .control: continue
            }
        }
    }
}
