import Foundation
import PenstockBroker
import PenstockLog

/// A consumer of a partition, by itself or as a group, that goes on whatever becomes of the broker.
///
/// Says `starts OFFSET`; `read OFFSET COUNT` for what it was given; `committed OFFSET`; `waits CODE` where a commit has to be tried again;
/// and, when the file of `--until` is there and it has come to the end, `done COUNT DIGEST`.
struct Consuming {
    private let location: String
    private let partition: TopicPartition
    private let group: String?
    /// After how many records it commits.
    private let commitEvery: UInt64
    /// Whether it commits only the first time.
    private let commitsOnce: Bool
    private let until: String?

    init(_ options: Options) {
        location = options.required("log")
        partition = TopicPartition(Load.topic, options.number("partition", 0))
        group = options["group"]
        commitEvery = UInt64(options.number("commit", 100))
        commitsOnce = options["once"] == "true"
        until = options["until"]
    }

    func run() async throws {
        let log = try await LogLocation(location).open(creating: false, client: "consumer", reachTimeout: .seconds(120))
        var owned: (any ConsumerGroup)?
        var start: UInt64 = 0
        if let group {
            owned = try await persistently { try await log.group(group) }
            start = await owned?.positions[partition] ?? 0
        }
        BrokerPeer.say("starts \(start)")
        let reader = try await log.reader(for: partition, from: .offset(start))
        var committed = start
        var mayCommit = true
        var digest = LoadDigest()
        while true {
            let isLast = until.map { FileManager.default.fileExists(atPath: $0) } ?? false
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count { digest.add(try records.event(Load.self, at: index)) }
                BrokerPeer.say("read \(records.baseOffset) \(records.count)")
                if let group, mayCommit, records.nextOffset >= committed + commitEvery {
                    committed = records.nextOffset
                    let (offset, current) = (committed, owned)
                    owned = try await persistently {
                        // A group fails with its connection; whoever has it next goes on.
                        var known = current
                        do { try await known?.commit([partition: offset]) } catch {
                            known = try await log.group(group)
                            try await known?.commit([partition: offset])
                        }
                        return known
                    }
                    BrokerPeer.say("committed \(committed)")
                    mayCommit = !commitsOnce
                }
            }
            if isLast { break }
            try await wait(reader)
        }
        BrokerPeer.say("done \(digest.count) \(digest.value)")
    }

    /// Until there is more, or for so long that the file of `--until` may have come.
    private func wait(_ reader: any TopicReader) async throws {
        guard until != nil else { return try await reader.waitForMore() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await reader.waitForMore() } catch let error as LogError where error.code == .cancelled {}
            }
            group.addTask { try? await Task.sleep(for: .milliseconds(500)) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func persistently<Result>(_ body: () async throws -> Result) async throws -> Result {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do { return try await body() } catch let error as LogError
                where (error.code == .unreachable || error.code == .partitionOwned || error.code == .closed)
                && ContinuousClock.now < deadline
            {
                BrokerPeer.say("waits \(error.code.rawValue)")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
