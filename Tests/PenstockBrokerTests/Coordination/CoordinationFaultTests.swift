import Foundation
import PenstockBroker
import PenstockLog
import Testing

/// Real processes and real signals. What is compared is who holds and with which epoch; how long anything takes is not.
@Suite("Coordination with processes that die, stop and race", .serialized, .timeLimit(.minutes(15)))
struct CoordinationFaultTests {
    private let key = try! CoordinationKey("partitions/readings/0")

    @Test(
        "what a killed process held is taken over after its lease, and not before",
        arguments: CoordinationBackend.possible)
    func kill(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let taker = try await world.coordinator(lease: .seconds(2))
        let victim = try await PeerProcess("victim", in: world, lease: .seconds(2))
        #expect(try await victim.ask("join") == ["joined"])
        var before = try await victim.ask("wait \(key)", expecting: "held")
        // As long as it renews, nobody gets the key. Where the machine is too busy for that, it has to know.
        let renewed = before.until + .seconds(4)
        while taker.clock.now() < renewed {
            if case .held(let early) = try await attempt(key, for: "taker", on: taker) {
                _ = try await victim.ask("check \(key)", expecting: "no")
                try await early.release()
                before = try await victim.ask("wait \(key)", expecting: "held")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let words = try await victim.ask("check \(key)")
        before =
            words[0] == "yes"
            ? try PeerProcess.lease(words, expecting: "yes") : try await victim.ask("wait \(key)", expecting: "held")
        victim.end()
        let lease = try await takeOver(key, for: "taker", on: taker)
        #expect(lease.epoch > before.epoch)
        #expect(taker.clock.now() >= before.until, "taken over while the victim could believe in its lease")
        try await patiently {
            while (try? await taker.members())?.isEmpty != true { try await Task.sleep(for: .milliseconds(50)) }
        }
        await taker.close()
    }

    @Test(
        "a process that was stopped past its lease finds out, and its epoch is the lower one",
        arguments: CoordinationBackend.possible)
    func stop(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let taker = try await world.coordinator(lease: .seconds(2))
        let sleeper = try await PeerProcess("sleeper", in: world, lease: .seconds(2))
        let before = try await sleeper.ask("wait \(key)", expecting: "held")
        sleeper.signal(SIGSTOP)
        let lease = try await takeOver(key, for: "taker", on: taker)
        #expect(lease.epoch > before.epoch)
        sleeper.signal(SIGCONT)
        let after = try await sleeper.ask("check \(key)", expecting: "no")
        #expect(after.epoch == before.epoch && after.until < lease.heldUntil)
        let end = try await sleeper.ask("ended \(key)")
        #expect(end == ["ended", "lapsed"] || end == ["ended", "revoked"])
        // It may go on with a claim of its own, when it is its turn.
        if lease.isHeld {
            let answer = try await sleeper.ask("claim \(key)")
            #expect(answer == ["taken", "taker"] || answer[0] == "error" || !lease.isHeld)
        }
        try await lease.release()
        let again = try await sleeper.ask("wait \(key)", expecting: "held")
        #expect(again.epoch > lease.epoch)
        await taker.close()
    }

    @Test(
        "a process that keeps every thread of Swift concurrency busy keeps its lease",
        arguments: CoordinationBackend.possible)
    func busy(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let peer = try await PeerProcess("busy", in: world, lease: .seconds(2))
        // A machine that is too busy for a short lease may take it away, too: but not each time.
        for _ in 0..<10 {
            let lease = try await peer.ask("wait \(key)", expecting: "held")
            #expect(try await peer.ask("block 3") == ["blocked"])
            let words = try await peer.ask("check \(key)")
            if words.count == 3, words[0] == "yes", words[1] == "\(lease.epoch)" { return }
        }
        Issue.record("the lease has lapsed each time")
    }

    @Test("of two processes that claim at once, one gets the key, each time", arguments: CoordinationBackend.possible)
    func race(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let peers = [
            try await PeerProcess("one", in: world, lease: .seconds(60)),
            try await PeerProcess("two", in: world, lease: .seconds(60)),
        ]
        var last: UInt32 = 0
        for round in 0..<40 {
            async let first = peers[0].ask("claim \(key)")
            async let second = peers[1].ask("claim \(key)")
            let answers = try await [first, second]
            let winners = answers.indices.filter { answers[$0][0] == "held" }
            try #require(winners.count == 1, "round \(round): \(answers)")
            #expect(answers[1 - winners[0]][0] == "taken")
            let epoch = try #require(UInt32(answers[winners[0]][1]))
            #expect(epoch > last)
            last = epoch
            #expect(try await peers[winners[0]].ask("release \(key)") == ["released"])
        }
    }

    @Test(
        "processes that are killed while they claim leave nothing in the way", arguments: CoordinationBackend.possible)
    func killedWhileClaiming(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        var last: UInt32 = 0
        for round in 0..<4 {
            let victim = try await PeerProcess("victim \(round)", in: world, lease: .milliseconds(600))
            let asked = Task { [key] in try? await victim.ask("wait \(key)") }
            // Somewhere between the first call and the answer; where exactly cannot be repeated.
            try await Task.sleep(for: .milliseconds(3 * round))
            victim.end()
            if let answer = await asked.value, answer[0] == "held" {
                let epoch = try #require(UInt32(answer[1]))
                #expect(epoch > last)
                last = epoch
            }
            let taker = try await world.coordinator(lease: .milliseconds(600))
            let lease = try await takeOver(key, for: "taker", on: taker)
            #expect(lease.epoch > last)
            last = lease.epoch
            await taker.close()
        }
    }

    @Test(
        "of two who wait for what a killed process held, one gets it, and the other when that one is killed",
        arguments: CoordinationBackend.possible)
    func succession(_ backend: CoordinationBackend) async throws {
        let world = try await CoordinationWorld(backend)
        let names = ["first", "second"]
        let victim = try await PeerProcess("victim", in: world, lease: .seconds(2))
        var last = try await victim.ask("wait \(key)", expecting: "held")
        var waiting: [String: PeerProcess] = [:]
        for name in names { waiting[name] = try await PeerProcess(name, in: world, lease: .seconds(2)) }
        victim.end()
        let (answers, continuation) = AsyncStream.makeStream(of: (name: String, words: [String]).self)
        for (name, peer) in waiting {
            Task { [key] in
                continuation.yield((name, (try? await peer.ask("wait \(key)")) ?? []))
            }
        }
        var iterator = answers.makeAsyncIterator()
        for _ in names {
            let answer = try #require(await iterator.next())
            let held = try PeerProcess.lease(answer.words, expecting: "held")
            #expect(held.epoch > last.epoch)
            // On one machine the instants of all processes compare.
            #expect(held.until > last.until)
            last = held
            waiting[answer.name]?.end()
        }
    }
}
