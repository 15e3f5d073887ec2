import Foundation
import PenstockEvents
import Testing

@testable import PenstockLog

/// A monotonic clock that the test moves.
private final class HandClock: MonotonicClock {
    private let time = Guarded<Int64>(0)

    func now() -> MonotonicInstant { MonotonicInstant(nanoseconds: time.withLock { $0 }) }
    func sleep(until instant: MonotonicInstant) async throws { throw CancellationError() }
    func pass(_ duration: Duration) { time.withLock { $0 += duration.nanoseconds } }
}

/// File coordination call by call, on real files, with time moved by hand.
@Suite("Files as the means of coordination")
struct FileRendezvousTests {
    private static let timing = LeaseTiming(lease: .seconds(10), margin: .seconds(5))
    private let key = try! CoordinationKey("partitions/readings/0")
    private let scratch = Scratch()
    private let clock = HandClock()

    private func rendezvous(
        _ storage: any Storage = FileStorage(directWrites: .never)
    ) throws(CoordinatorError) -> FileRendezvous {
        try FileRendezvous(
            directory: scratch.path("job"), timing: Self.timing, storage: storage, clock: clock,
            randomNumbers: SystemRandomSource())
    }

    private func held(_ answer: ClaimAnswer) throws -> Lease {
        guard case .held(let lease) = answer else { throw NotHeld() }
        return lease
    }

    private func takenUntil(_ answer: ClaimAnswer) throws -> MonotonicInstant {
        guard case .taken(_, let until) = answer else { throw NotHeld() }
        return until
    }

    private struct NotHeld: Error {}

    private var root: String { scratch.path("job/penstock-coordination-1") }

    private func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)").sorted()) ?? []
    }

    @Test("a claim whose drafts were removed while it was published is in nobody's way")
    func emptyEntry() throws {
        var (dead, taker) = (try rendezvous(), try rendezvous())
        let first = try held(dead.claim(key, for: "dead", above: 6))
        first.ending.set(.released)
        try dead.giveBack(first)
        try FileManager.default.createDirectory(
            atPath: "\(root)/claims/partitions+readings+0/00000000000000000002", withIntermediateDirectories: false)
        #expect(try held(taker.claim(key, for: "taker", above: 0)).epoch == 8)
    }

    @Test("an empty entry of a value does not count, and the next one takes its place", arguments: [0, 1, 2])
    func emptyValue(before: UInt64) throws {
        var files = try rendezvous()
        for round in 0..<before {
            #expect(try files.change(key, to: [UInt8(round)], expecting: .anything) == .done(revision: round + 1))
        }
        let folder = "\(root)/values/partitions+readings+0"
        try FileManager.default.createDirectory(
            atPath: "\(folder)/0000000000000000000\(before + 1)", withIntermediateDirectories: true)
        let kept = try files.value(of: key)
        #expect(kept?.bytes == (before == 0 ? nil : [UInt8(before - 1)]))
        #expect(kept?.revision == (before == 0 ? nil : before))
        #expect(try files.change(key, to: [9], expecting: .anything) == .done(revision: before + 1))
        #expect(try files.value(of: key)?.bytes == [9])
    }

    @Test("a taker waits for the lease and the margin from the end of its first look on")
    func takeover() throws {
        var (holder, taker) = (try rendezvous(), try rendezvous())
        let lease = try held(holder.claim(key, for: "holder", above: 0))
        #expect(lease.heldUntil == clock.now() + .seconds(10))
        clock.pass(.seconds(9))
        // The first look may be late: the sign of life may have been given just before it.
        #expect(try takenUntil(taker.claim(key, for: "taker", above: 0)) == clock.now() + .seconds(15))
        clock.pass(.seconds(1))
        #expect(!lease.isHeld)
        clock.pass(.seconds(14) - .nanoseconds(1))
        #expect(try takenUntil(taker.claim(key, for: "taker", above: 0)) == clock.now() + .nanoseconds(1))
        clock.pass(.nanoseconds(1))
        let next = try held(taker.claim(key, for: "taker", above: 0))
        #expect(next.epoch == lease.epoch + 1 && next.isHeld)
    }

    @Test("every sign of life makes a taker wait anew")
    func signs() throws {
        var (holder, taker) = (try rendezvous(), try rendezvous())
        let lease = try held(holder.claim(key, for: "holder", above: 0))
        for _ in 0..<20 {
            clock.pass(.seconds(8))
            let renewed = holder.renew()
            #expect(renewed && lease.isHeld)
            #expect(try takenUntil(taker.claim(key, for: "taker", above: 0)) == clock.now() + .seconds(15))
        }
    }

    @Test("a renewal that comes too late brings nothing back, and the next claim has another epoch")
    func lapsed() throws {
        var holder = try rendezvous()
        let lease = try held(holder.claim(key, for: "holder", above: 0))
        let membership = try holder.join(name: "holder", address: "h:1")
        clock.pass(.seconds(10))
        #expect(!lease.isHeld)
        let renewed = holder.renew()
        #expect(!renewed && !lease.isHeld && lease.ending.value == .lapsed && !membership.isCurrent)
        // It knows best that it does not believe in it any more, and waits for nobody.
        let next = try held(holder.claim(key, for: "holder", above: 0))
        #expect(next.epoch == lease.epoch + 1 && next.isHeld && !lease.isHeld)
        #expect(names("sessions").count == 1)
    }

    @Test("a lapsed process lets the others in at once when it finds out")
    func lapsedLetsGo() throws {
        var (holder, taker) = (try rendezvous(), try rendezvous())
        _ = try held(holder.claim(key, for: "holder", above: 0))
        clock.pass(.seconds(11))
        _ = try takenUntil(taker.claim(key, for: "taker", above: 0))
        _ = holder.renew()
        _ = try holder.join(name: "holder", address: "h:1")
        #expect(try held(taker.claim(key, for: "taker", above: 0)).isHeld)
    }

    @Test("a session whose files somebody has removed is lost, and nobody is faster because of it")
    func removed() throws {
        var (holder, taker) = (try rendezvous(), try rendezvous())
        let lease = try held(holder.claim(key, for: "holder", above: 0))
        for name in names("sessions") { try FileManager.default.removeItem(atPath: "\(root)/sessions/\(name)") }
        #expect(lease.isHeld)
        #expect(try takenUntil(taker.claim(key, for: "taker", above: 0)) == clock.now() + .seconds(15))
        let renewed = holder.renew()
        #expect(!renewed && lease.ending.value == .revoked && !lease.isHeld)
        clock.pass(.seconds(15))
        #expect(try held(taker.claim(key, for: "taker", above: 0)).epoch == lease.epoch + 1)
    }

    @Test("epochs go on behind a floor, also where the directory was removed")
    func floor() throws {
        var first = try rendezvous()
        #expect(try held(first.claim(key, for: "first", above: 41)).epoch == 42)
        try FileManager.default.removeItem(atPath: scratch.path("job"))
        var second = try rendezvous()
        #expect(try held(second.claim(key, for: "second", above: 42)).epoch == 43)
        let last = try CoordinationKey("last")
        #expect(throws: CoordinatorError.self) { try second.claim(last, for: "second", above: .max) }
        #expect(try held(second.claim(last, for: "second", above: .max - 1)).epoch == .max)
    }

    @Test("of many hand-overs and changes only the last entries stay")
    func cleaning() throws {
        var files = try rendezvous()
        for round in 0..<40 {
            let lease = try held(files.claim(key, for: "holder", above: 0))
            lease.ending.set(.released)
            try files.giveBack(lease)
            #expect(
                try files.change(key, to: [UInt8(round)], expecting: .anything) == .done(revision: UInt64(round + 1)))
        }
        let claims = names("claims/partitions+readings+0")
        let values = names("values/partitions+readings+0")
        // Nine entries, and for claims nine notes of their end.
        #expect(claims.count == 18 && values.count == 9, "\(claims) \(values)")
        #expect(values.last == "00000000000000000040")
        #expect(names("sessions").count == 1)
    }

    @Test("the files of sessions that died long ago are cleared away")
    func burial() throws {
        var dead = try rendezvous()
        _ = try dead.join(name: "dead", address: "d:1")
        var observer = try rendezvous()
        #expect(try observer.members().map(\.name) == ["dead"])
        clock.pass(.seconds(15))
        #expect(try observer.members() == [] && names("sessions").count == 1)
        clock.pass(.seconds(150))
        #expect(try observer.members() == [] && names("sessions") == [])
    }

    @Test("a storage that fails for a while ends nothing; one that fails for a lease does")
    func failingStorage() throws {
        let storage = RecordingStorage()
        var files = try rendezvous(storage)
        let lease = try held(files.claim(key, for: "holder", above: 0))
        storage.fail("write sign-of-life", with: .noSpace)
        clock.pass(.seconds(9))
        var goesOn = files.renew()
        #expect(goesOn && lease.isHeld)
        storage.fail("write sign-of-life", with: nil)
        goesOn = files.renew()
        clock.pass(.seconds(9))
        #expect(goesOn && lease.isHeld)
        storage.fail("write sign-of-life", with: .noSpace)
        clock.pass(.seconds(2))
        goesOn = files.renew()
        #expect(!goesOn && lease.ending.value == .lapsed)
        let error = try #require(throws: CoordinatorError.self) { try files.claim(key, for: "holder", above: 0) }
        #expect(error.code == .noSpace && error.category == .inputOutput && error.hint != nil)
    }

    @Test("what could not be given back is given back with a later renewal")
    func failedRelease() throws {
        let storage = RecordingStorage()
        var (files, other) = (try rendezvous(storage), try rendezvous())
        let lease = try held(files.claim(key, for: "holder", above: 0))
        storage.fail("open 00000000000000000001.ended", with: .other)
        lease.ending.set(.released)
        #expect(throws: CoordinatorError.self) { try files.giveBack(lease) }
        _ = try takenUntil(other.claim(key, for: "other", above: 0))
        storage.fail("open 00000000000000000001.ended", with: nil)
        _ = files.renew()
        #expect(try held(other.claim(key, for: "other", above: 0)).epoch == lease.epoch + 1)
    }

    @Test("damaged entries are named and not believed")
    func damage() throws {
        var files = try rendezvous()
        _ = try held(files.claim(key, for: "holder", above: 0))
        let folder = "\(root)/claims/partitions+readings+0/00000000000000000001"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        bytes[9] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        var other = try rendezvous()
        let error = try #require(throws: CoordinatorError.self) { try other.claim(key, for: "other", above: 0) }
        #expect(error.code == .damaged && error.summary.contains(folder) && error.hint != nil)
    }

    @Test("a directory of a newer version, and what is no directory, are refused")
    func wrongDirectories() throws {
        try FileManager.default.createDirectory(
            atPath: scratch.path("job/penstock-coordination-2"), withIntermediateDirectories: true)
        let newer = try #require(throws: CoordinatorError.self) { try rendezvous() }
        #expect(newer.code == .newerFormat && newer.category == .configuration)
        try FileManager.default.removeItem(atPath: scratch.path("job"))
        try Data().write(to: URL(fileURLWithPath: scratch.path("job")))
        let file = try #require(throws: CoordinatorError.self) { try rendezvous() }
        #expect(file.code == .invalidConfiguration)
    }

    @Test("a lease that cannot be kept is refused")
    func timing() {
        for timing in [
            LeaseTiming(lease: .zero), LeaseTiming(lease: .seconds(4000)),
            LeaseTiming(lease: .seconds(1), margin: .seconds(-1)),
        ] {
            let error = #expect(throws: CoordinatorError.self) { try timing.validate() }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}

@Suite("Keys of coordination")
struct CoordinationKeyTests {
    @Test("keys are parts of letters, digits and a few signs")
    func rules() throws {
        for text in ["a", "partitions/readings/0", "A-b_c.d/e", String(repeating: "x", count: 240)] {
            #expect(try CoordinationKey(text).description == text)
        }
        for text in [
            "", "/", "a/", "/a", "a//b", ".a", "a/.b", "a/..", "a+b", "ä", "a b", "a\n",
            String(repeating: "x", count: 241),
        ] {
            let error = #expect(throws: CoordinatorError.self) { try CoordinationKey(text) }
            #expect(error?.code == .invalidKey && error?.category == .usage)
        }
        #expect(try CoordinationKey(owning: TopicPartition("readings", 3)).description == "partitions/readings/3")
    }
}
