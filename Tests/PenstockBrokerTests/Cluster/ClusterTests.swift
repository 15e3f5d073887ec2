import Foundation
import PenstockBroker
import PenstockEvents
import PenstockLog
import TestSupport
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
        try await patiently { try await running.value }
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

    @Test(
        "a broker that stood still for longer than its lease loses what it had, and then takes part again",
        arguments: CoordinationBackend.possible)
    func stoodStill(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: Self.partitions)
        let (a, b) = (try await site.start("a"), try await site.start("b"))
        let log = site.client(of: a, b)
        try await site.until(log) { $0.brokers.count == 2 }
        try await underLoad(site, log) { load in
            try await load.progress()
            a.signal(SIGSTOP)
            try await load.progress()
            a.signal(SIGCONT)
            try await site.until(log) { $0.brokers.count == 2 }
            try await load.progress()
        }
        try await a.end()
        try await b.end()
    }

    @Test("what reaches a broker that has lost its lease is not acknowledged", arguments: CoordinationBackend.possible)
    func late(backend: CoordinationBackend) async throws {
        // Long enough for the first append, also on a busy machine.
        let site = try await ClusterSite(backend, partitions: Self.partitions, lease: "15s")
        let (a, b) = (try await site.start("a"), try await site.start("b"))
        let (log, other) = (site.client(of: a), site.client(of: b))
        try await site.until(log) { $0.brokers.count == 2 }
        let (partition, writer) = try await Self.writer(log, "a")
        try await writer.append(.readings(0..<10))
        try await a.stop()
        let late = try await writer.submit(.readings(10..<20))
        let next = try await patiently { try await other.sharedWriter(for: partition) }
        #expect(try await next.append(.readings(20..<30)).offsets == 10..<20)
        a.signal(SIGCONT)
        let answer = try await patiently { try await code { try await late.acknowledgement() } }
        #expect([.moved, .closed, .unreachable].contains(answer))
        try await site.until(other) { $0.brokers.count == 2 }
        try await next.close()
        try await writer.close()
        #expect(try await other.numbers(in: partition) == Array(0..<10) + Array(20..<30))
        let epochs = try site.epochs(of: partition.partition)
        #expect(epochs == epochs.sorted() && Set(epochs).count >= 2)
        for one in [log, other] { one.close() }
        for broker in [a, b] { try await broker.end() }
    }

    @Test(
        "L21: brokers that join get their share, those that leave give it back, and clients follow",
        arguments: CoordinationBackend.possible)
    func followed(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: Self.partitions)
        let a = try await site.start("a")
        // All that the client knows of to begin with.
        let log = site.client(of: a)
        var last = a
        try await underLoad(site, log) { load in
            try await load.progress()
            try await site.until(log) { $0.partitions(of: "a").count == Self.partitions }
            let b = try await site.start("b")
            try await site.until(log) { cluster in
                let (first, second) = (cluster.partitions(of: "a"), cluster.partitions(of: "b"))
                return !first.isEmpty && !second.isEmpty && Set(first + second).count == Self.partitions
            }
            try await load.progress()
            try await b.end()
            try await site.until(log) { $0.partitions(of: "a").count == Self.partitions }
            try await load.progress()
            let c = try await site.start("c")
            try await site.until(log) { !$0.partitions(of: "c").isEmpty }
            try await a.end()
            try await site.until(log) { $0.partitions(of: "c").count == Self.partitions }
            try await load.progress()
            last = try await site.start("d")
            try await site.until(log) { !$0.partitions(of: "d").isEmpty }
            c.kill()
            try await load.progress()
        }
        try await last.end()
    }

    @Test(
        "a broker takes the name of one that was killed, but not of one that is there",
        arguments: CoordinationBackend.possible)
    func namesakes(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: Self.partitions, lease: "2s")
        let killed = try await site.start("a")
        killed.kill()
        let next = try await site.start("a")
        let log = site.client(of: next)
        try await site.until(log) { $0.brokers.map(\.address) == ["\(next.address)"] }
        let namesake = try ChildProcess("penstock", site.arguments(of: "a"))
        #expect(try await namesake.ended() == 69)
        #expect(namesake.errors.contains("another broker is called a, at \(next.address)"), "\(namesake.errors)")
        #expect(namesake.lines.isEmpty)
        log.close()
        try await next.end()
    }

    @Test("a group goes on where its broker was killed", arguments: CoordinationBackend.possible)
    func group(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: 1)
        let brokers = [try await site.start("a"), try await site.start("b")]
        let log = site.client(of: brokers[0], brokers[1])
        try await site.until(log) { $0.brokers.count == 2 }
        let group = try await log.group("analysis")
        let partition = TopicPartition(ClusterSite.topic)
        try await group.commit([partition: 1])
        let owner = try await log.cluster().possessions.first { $0.subject == .group("analysis") }?.owner
        let (killed, left) = owner == "a" ? (brokers[0], brokers[1]) : (brokers[1], brokers[0])
        killed.kill()
        try await patiently { try await group.commit([partition: 2]) }
        #expect(await group.positions.offsets == [partition: 2])
        try await group.close()
        #expect(try await log.positions(of: "analysis").offsets == [partition: 2])
        log.close()
        try await left.end()
    }

    @Test("members of a group go on where its broker was killed", arguments: CoordinationBackend.possible)
    func members(backend: CoordinationBackend) async throws {
        let site = try await ClusterSite(backend, partitions: Self.partitions)
        var brokers = [try await site.start("a"), try await site.start("b")]
        let log = site.client(of: brokers[0], brokers[1])
        try await site.until(log) { $0.brokers.count == 2 }
        let load = try await Load(log, partitions: Self.partitions)
        let running = Task { try await load.run() }
        let tally = GroupTally()
        var members: [RunningMember] = []
        for _ in 0..<2 {
            members.append(
                try await RunningMember(
                    [ClusterSite.topic], in: site.client(of: brokers[0], brokers[1]), group: "analysis", tally))
        }
        try await load.progress()
        while await tally.count < 100 { try await Task.sleep(for: .milliseconds(5)) }
        let owner = try await log.cluster().possessions.first { $0.subject == .group("analysis") }?.owner
        brokers.remove(at: owner == "a" ? 0 : 1).kill()
        try await load.progress()
        await load.stop()
        try await patiently { try await running.value }
        for member in members { try await patiently { try await member.ended() } }
        for (number, expected) in await load.expected.enumerated() {
            let partition = TopicPartition(ClusterSite.topic, number)
            let reader = try await log.reader(for: partition, from: .earliest)
            var offsets: Set<UInt64> = []
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                offsets.formUnion(records.baseOffset..<records.nextOffset)
            }
            #expect(offsets.count == expected.count)
            #expect(await tally.missing(offsets, in: partition).isEmpty)
        }
        log.close()
        try await brokers[0].end()
    }

    /// A writer of a partition that a broker has.
    private static func writer(
        _ log: RemoteLog, _ owner: String
    ) async throws -> (TopicPartition, any TopicWriter) {
        for number in 0..<partitions {
            let partition = TopicPartition(ClusterSite.topic, number)
            let writer = try await log.sharedWriter(for: partition)
            if try await log.cluster().partitions(of: owner).contains(partition) { return (partition, writer) }
            try await writer.close()
        }
        throw Unexpected("the broker \(owner) has nothing")
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

extension ClusterDescription {
    /// The partitions of the tests' topic that a broker has.
    fileprivate func partitions(of broker: String) -> [TopicPartition] {
        possessions.compactMap { possession in
            guard case .partition(let partition) = possession.subject, partition.topic == ClusterSite.topic,
                possession.owner == broker
            else { return nil }
            return partition
        }
    }
}
