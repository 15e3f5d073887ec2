import Foundation
import TestSupport
import Testing

extension BrokerSuites {
    /// A pipeline over four processes in three networks: producer; broker; two that share the work.
    @Suite("A pipeline over processes and networks")
    struct SharedPipelineTests {
        @Test(
            "two processes that share a pipeline give the bytes of one, also when one of them and then the broker are killed",
            .enabled("\(Switch.isImpossible)") { await Switch.isPossible() }, arguments: [false, true])
        func sameBytes(areKilled: Bool) async throws {
            let site = try await SharedSite()
            try await site.waitUntilShared()
            if areKilled {
                try await site.killWorker()
                try await site.waitForRows()
                try await site.killBroker()
                try await site.waitForRows()
            }
            let count = try await site.finish()
            let folder = try TestFolder()
            try await Self.runEmbedded(count, in: folder)
            let readings = try await StoredRow.all(of: "readings", in: site.directory)
            #expect(readings.map(\.count).reduce(0, +) == count)
            for (topic, expected) in [
                ("readings", readings), ("sums", readings.map(Self.sums)), ("strong", readings.map(Self.strong)),
            ] {
                let shared = try await StoredRow.all(of: topic, in: site.directory)
                let embedded = try await StoredRow.all(of: topic, in: folder("shared"))
                let isSame = shared == embedded
                #expect(isSame, "\(topic): \(shared.map(\.count)), embedded \(embedded.map(\.count))")
                // The key of a row is the engine's to choose; all else is known.
                let isExpected = shared.map { $0.map(\.withoutKey) } == expected.map { $0.map(\.withoutKey) }
                #expect(isExpected, "\(topic): \(shared.map(\.count)), by a loop \(expected.map(\.count))")
                // One run that reads all partitions as one stream writes one partition.
                guard topic != "readings" else { continue }
                let alone = try await StoredRow.all(of: topic, in: folder("alone"))
                #expect(alone.count == 1)
                let isUnion = shared.flatMap { $0 }.sorted() == alone.flatMap { $0 }.sorted()
                #expect(isUnion, "\(topic): \(shared.map(\.count)), alone \(alone.map(\.count))")
            }
        }

        /// The same readings and the same pipeline without a broker: with all shares in one process, and as a run of its own.
        private static func runEmbedded(_ count: Int, in folder: TestFolder) async throws {
            func run(_ arguments: [String]) async throws {
                let process = try ChildProcess("SharePeer", arguments)
                #expect(try await process.ended() == 0, "\(arguments): \(process.errors)")
            }
            for (name, more) in [("shared", ["--share", "workers"]), ("alone", [])] {
                let log = "embedded:" + folder(name)
                let partitions = "\(SharedSite.partitions)"
                try await run(["produce", "--log", log, "--partitions", partitions, "--count", "\(count)"])
                try await run(["run", "--log", log] + more)
            }
        }

        /// The sums of each second and station of some readings, as the pipeline writes them.
        private static func sums(_ readings: [StoredRow]) -> [StoredRow] {
            let second: Int64 = 1_000_000_000
            var sums: [[Int64]: Int64] = [:]
            for reading in readings {
                let (station, strength) = (reading.integers[0], reading.integers[1])
                sums[[reading.time / second * second, station], default: 0] += strength
            }
            return sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, sum in
                StoredRow(
                    time: key[0] + second - 1, keyHash: nil,
                    attributes: [key[1], key[0], sum].flatMap { value in
                        withUnsafeBytes(of: value.littleEndian) { Array($0) }
                    }, payload: [])
            }
        }

        /// The strong ones of some readings, as the pipeline writes them.
        private static func strong(_ readings: [StoredRow]) -> [StoredRow] {
            readings.filter { $0.integers[1] >= 900 }
        }
    }
}
