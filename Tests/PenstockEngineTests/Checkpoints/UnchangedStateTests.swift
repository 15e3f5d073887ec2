import Foundation
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockEngine

@Suite("States that do not change from checkpoint to checkpoint")
struct UnchangedStateTests {
    private static let owner = StateOwner(stage: StageName(flow: "f", stage: "s"), part: .operation)

    /// A large state that is always the same, in several records, and a small one that is not.
    private func checkpoint(_ epoch: UInt64, large: UInt8 = 7, bytes: Int = 10 << 20) -> Checkpoint {
        var state = StageState()
        state.put(
            Self.owner, form: "form",
            [
                StateChunk(group: nil, bytes: Array(repeating: large, count: bytes)),
                StateChunk(group: 3, bytes: Array(repeating: UInt8(truncatingIfNeeded: epoch), count: 5000)),
                StateChunk(group: 3, bytes: Array(repeating: 9, count: 5000)),
                StateChunk(group: 5, bytes: [1, 2, UInt8(truncatingIfNeeded: epoch)]),
            ])
        return Checkpoint(epoch: epoch, scan: ScanID(1), state: state)
    }

    private func store(_ log: EmbeddedLog) async throws -> CheckpointStore {
        try await CheckpointStore(CheckpointOptions(name: "c", kept: 2), log, .pageCache)
    }

    private func last(_ folder: TestFolder) async throws -> Checkpoint? {
        try await CheckpointIndex(TopicPartition("checkpoints.c"), EmbeddedLog(directory: folder.path)).last { _ in }
    }

    private func bytes(in log: EmbeddedLog) async throws -> Int {
        try await log.describe("checkpoints.c").partitions[0].byteCount
    }

    @Test("they are written once, and come back whole from every later checkpoint")
    func writtenOnce() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let store = try await store(log)
        try await store.write(checkpoint(1))
        let once = try await bytes(in: log)
        for epoch in UInt64(2)...9 {
            try await store.write(checkpoint(epoch))
            #expect(try await last(folder)?.state.chunks == checkpoint(epoch).state.chunks)
        }
        let all = try await bytes(in: log)
        #expect(all < once + (1 << 20), "\(once) bytes for one, \(all) for nine")
        try await store.close()
        // Another run writes all of it once.
        let next = try await self.store(log)
        _ = try await next.last { _ in }
        try await next.write(checkpoint(10))
        #expect(try await last(folder)?.state.chunks == checkpoint(10).state.chunks)
        try await next.close()
    }

    @Test("one that changes is written, and the earlier checkpoint keeps what it had")
    func changed() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let store = try await store(log)
        for epoch in UInt64(1)...3 { try await store.write(checkpoint(epoch)) }
        try await store.write(checkpoint(4, large: 0x21))
        try await store.close()
        #expect(try await last(folder)?.state.chunks == checkpoint(4, large: 0x21).state.chunks)
        // The last one is damaged: the one before it refers to what was written first.
        try folder.flipByte(behind: Array(repeating: 0x21, count: 200))
        let before = try await last(folder)
        #expect(before?.epoch == 3 && before?.state.chunks == checkpoint(3).state.chunks)
    }

    @Test("everything is written anew before what is held back becomes many times the state")
    func bounded() async throws {
        let folder = try TestFolder()
        let log = try await EmbeddedLog(directory: folder.path)
        let store = try await store(log)
        // A state of 1 MB that stays, before another of 2 MB that changes all the time.
        for epoch in UInt64(1)...60 {
            var checkpoint = checkpoint(epoch, bytes: 1 << 20)
            let changing = Array(repeating: UInt8(epoch), count: 2 << 20)
            checkpoint.state.put(
                StateOwner(stage: StageName(flow: "f", stage: "t"), part: .operation), form: "form",
                [StateChunk(group: nil, bytes: changing)])
            try await store.write(checkpoint)
            let description = try await log.describe("checkpoints.c").partitions[0]
            // Of each checkpoint at least 2 MB are new, in six records: four times 3 MB and 16 MB are 14 of them, and two are kept.
            #expect(description.nextOffset - description.firstOffset <= 6 * (14 + 1 + 2))
            #expect(try await last(folder)?.state.chunks == checkpoint.state.chunks)
        }
        try await store.close()
    }
}
