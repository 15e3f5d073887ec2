import Foundation
import PenstockLog
import PenstockTesting
import Testing

/// Writes `text` at the beginning of a file, which is created where it is not there.
private func write(_ text: String, to path: String, on storage: SimulatedStorage, syncing: Bool = false) throws {
    let file = try storage.open(path, .updateOrCreate)
    try Array(text.utf8).withUnsafeBytes { try file.write([$0], at: 0) }
    if syncing { try file.sync() }
}

private func text(of path: String, on storage: SimulatedStorage) -> String? {
    storage.contents(of: path).map { String(decoding: $0, as: UTF8.self) }
}

private let seeds: ClosedRange<UInt64> = 1...60

@Suite("Simulated storage")
struct SimulatedStorageTests {
    @Test("what was synced, and named in a synced directory, survives every power loss")
    func syncedSurvives() throws {
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            try write("kept", to: "/file", on: storage, syncing: true)
            try storage.syncDirectory("/")
            storage.crash(.power)
            #expect(text(of: "/file", on: storage.incarnation()) == "kept", "seed \(seed)")
        }
    }

    @Test(
        "a write that was not synced is lost in some power losses and kept in others, and in a process crash always kept"
    )
    func unsyncedIsLost() throws {
        var outcomes: Set<String> = []
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            try write("old", to: "/file", on: storage, syncing: true)
            try storage.syncDirectory("/")
            try write("new", to: "/file", on: storage)
            storage.crash(.process)
            #expect(text(of: "/file", on: storage.incarnation()) == "new", "seed \(seed)")
            storage.crash(.power)
            outcomes.insert(text(of: "/file", on: storage.incarnation()) ?? "")
        }
        #expect(outcomes.isSuperset(of: ["old", "new"]))
    }

    @Test("a long write may be torn: some sectors new, some old")
    func tears() throws {
        var torn = 0
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            try write(String(repeating: "a", count: 64 << 10), to: "/file", on: storage, syncing: true)
            try storage.syncDirectory("/")
            try write(String(repeating: "b", count: 64 << 10), to: "/file", on: storage)
            storage.crash(.power)
            let bytes = try #require(storage.incarnation().contents(of: "/file"))
            if Set(bytes).count == 2 { torn += 1 }
        }
        #expect(torn > 0)
    }

    @Test("a name without a synced directory is lost in some power losses, a removal too")
    func names() throws {
        var created: Set<Bool> = []
        var removed: Set<Bool> = []
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            try write("1", to: "/removed", on: storage, syncing: true)
            try storage.syncDirectory("/")
            try storage.remove("/removed")
            try write("2", to: "/created", on: storage, syncing: true)
            storage.crash(.power)
            let next = storage.incarnation()
            created.insert(try next.kind(of: "/created") != nil)
            removed.insert(try next.kind(of: "/removed") == nil)
        }
        #expect(created.count == 2 && removed.count == 2)
    }

    @Test("a rename happens as a whole or not at all, and replaces a file in one step")
    func renames() throws {
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            try write("old", to: "/name", on: storage, syncing: true)
            try write("new", to: "/unfinished", on: storage, syncing: true)
            try storage.syncDirectory("/")
            try storage.rename("/unfinished", to: "/name")
            storage.crash(.power)
            let next = storage.incarnation()
            let isRenamed = text(of: "/name", on: next) == "new"
            #expect(isRenamed || text(of: "/name", on: next) == "old", "seed \(seed)")
            #expect((text(of: "/unfinished", on: next) == nil) == isRenamed, "seed \(seed)")
        }
    }

    @Test("a sync that failed loses for good what it did not save: the next one does not bring it back")
    func failedSync() throws {
        var lost = 0
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            let file = try storage.open("/file", .createNew)
            try storage.syncDirectory("/")
            try [1, 2, 3, 4].withUnsafeBytes { try file.write([$0], at: 0) }
            storage.faults.syncErrors = 1
            #expect(throws: StorageError.self) { try file.sync() }
            storage.faults = FaultPlan()
            try file.sync()
            #expect(try file.byteCount() == 32)
            storage.crash(.power)
            if storage.incarnation().contents(of: "/file") != storage.contents(of: "/file") {
                Issue.record("two disks")
            }
            if try #require(storage.contents(of: "/file")).isEmpty { lost += 1 }
        }
        #expect(lost > 0)
    }

    @Test("a crash at a call does a part of it, and every later call fails; the next process finds what is there")
    func crashAtCall() throws {
        for call in 1...4 {
            let storage = SimulatedStorage(seed: UInt64(call))
            storage.crash(.process, atCall: call)
            var done = 0
            do {
                for number in 0..<10 {
                    try storage.createDirectory("/\(number)")
                    done += 1
                }
            } catch {}
            #expect(done == call - 1 && storage.isDead && storage.lastCrash == .process)
            #expect(throws: StorageError.self) { try storage.list("/") }
            let names = try storage.incarnation().list("/")
            #expect(names == (0..<done).map { "\($0)" } || names == (0...done).map { "\($0)" })
        }
    }

    @Test("a lock excludes other processes until its owner dies or lets go")
    func locks() throws {
        let storage = SimulatedStorage(seed: 1)
        let other = storage.incarnation()
        var held = try storage.lock("/owner")
        #expect(held != nil)
        #expect(try other.lock("/owner") == nil)
        #expect(try other.isLocked("/owner"))
        held = nil
        #expect(try !other.isLocked("/owner"))
        held = try storage.lock("/owner")
        storage.crash(.process)
        #expect(try other.lock("/owner") != nil)
        withExtendedLifetime(held) {}
    }

    @Test("a full disk refuses what does not fit, keeps what was there, and takes more when space is freed")
    func capacity() throws {
        let storage = SimulatedStorage(seed: 1, capacityBytes: 10_000)
        let file = try storage.open("/file", .createNew)
        let bytes = [UInt8](repeating: 1, count: 8000)
        try bytes.withUnsafeBytes { try file.write([$0], at: 0) }
        #expect(storage.usedBytes == 8000)
        let error = #expect(throws: StorageError.self) { try bytes.withUnsafeBytes { try file.write([$0], at: 8000) } }
        #expect(error?.reason == .noSpace)
        #expect(try file.byteCount() == 10_000)
        #expect(throws: StorageError.self) { try file.allocate(byteCount: 10_001) }
        try file.truncate(to: 1000)
        try bytes.withUnsafeBytes { try file.write([$0], at: 1000) }
        #expect(try file.byteCount() == 9000)
    }

    @Test("a flip on a read is gone at the next read, a flip at rest stays")
    func flips() throws {
        let storage = SimulatedStorage(seed: 1)
        try write("AAAA", to: "/file", on: storage, syncing: true)
        let file = try storage.open("/file", .read)
        func read() throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 4)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            #expect(count == 4)
            return bytes
        }
        storage.faults.readFlips = 1
        #expect(try read() != Array("AAAA".utf8))
        storage.faults = FaultPlan()
        #expect(try read() == Array("AAAA".utf8))
        storage.flip("/file", at: 2, bit: 1)
        #expect(try read() == Array("AACA".utf8))
    }

    @Test("a failing write may be short; blocks of a failing write arrive in any order")
    func shortWrites() throws {
        var sizes: Set<Int> = []
        for seed in seeds {
            let storage = SimulatedStorage(seed: seed)
            storage.faults.writeErrors = 1
            let file = try storage.open("/file", .createNew)
            let bytes = [UInt8](repeating: 1, count: 1000)
            #expect(throws: StorageError.self) { try bytes.withUnsafeBytes { try file.write([$0], at: 0) } }
            sizes.insert(try file.byteCount())
        }
        #expect(sizes.count > 10)
    }

    @Test("a call that is held waits until it is released")
    func held() async throws {
        let storage = SimulatedStorage(seed: 1)
        let held = storage.hold("sync", on: "/file")
        let file = try storage.open("/file", .createNew)
        let thread = Thread { try? file.sync() }
        thread.start()
        try write("other calls go on", to: "/file", on: storage)
        held.release()
        try file.sync()
        #expect(text(of: "/file", on: storage) == "other calls go on")
    }

    @Test("an interruption comes once, before the change that it was planned for, and never to a dead process")
    func interrupts() throws {
        let storage = SimulatedStorage(seed: 1)
        let other = storage.incarnation()
        try write("first", to: "/elsewhere", on: storage)
        // Of a write to a new file: the creation, then the write.
        storage.interrupt(atCall: 2, under: "/log") { try? write("beside", to: "/log", on: other) }
        try write("second", to: "/elsewhere", on: storage)
        #expect(storage.contents(of: "/log") == nil)
        try write("late", to: "/log", on: storage)
        #expect(text(of: "/log", on: storage) == "latede")
        try write("again", to: "/log", on: storage)
        #expect(text(of: "/log", on: storage) == "againe")

        storage.interrupt(atCall: 1, under: "/log") { Issue.record("it was cancelled by the crash") }
        storage.crash(.process)
        #expect(throws: StorageError.self) { try write("never", to: "/log", on: storage) }
    }

    @Test("the same seed and calls give the same faults", arguments: seeds)
    func repeats(seed: UInt64) throws {
        func run() throws -> (UInt64, [UInt8]?) {
            let storage = SimulatedStorage(seed: seed)
            try write(String(repeating: "x", count: 10_000), to: "/file", on: storage)
            storage.faults.writeErrors = 0.5
            for _ in 0..<5 { try? write(String(repeating: "y", count: 5000), to: "/file", on: storage) }
            storage.crash(.power)
            return (storage.trace, storage.contents(of: "/file"))
        }
        #expect(try run() == run())
    }
}
