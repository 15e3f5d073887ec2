import Dispatch
import PenstockEvents
import Testing

@testable import PenstockSecurity

@Suite("Tokens in use")
struct TokenRegistryTests {
    private func identity(_ id: String, _ subject: String = "alice", expires: Int64 = 100) throws -> Identity {
        try Identity(
            subject: subject, proof: .token(id: id), permissions: .none, expires: instant(expires))
    }

    private func instant(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

    private func key(_ number: UInt8) -> SessionKey { SessionKey([number]) }

    private func refusal(
        _ registry: TokenRegistry, _ identity: Identity, _ key: SessionKey, _ seconds: Int64 = 0
    ) -> SecurityError.Code? {
        do {
            try registry.admit(identity, with: key, at: instant(seconds))
            return nil
        } catch { return error.code }
    }

    @Test("who was first may come again; another session or another subject is refused, and counted")
    func first() throws {
        let registry = TokenRegistry()
        let alice = try identity("t")
        #expect(refusal(registry, alice, key(1)) == nil && refusal(registry, alice, key(1), 50) == nil)
        #expect(registry.refusedCount == 0)
        #expect(refusal(registry, alice, key(2)) == .tokenReused)
        #expect(refusal(registry, try identity("t", "mallory"), key(1)) == .tokenReused)
        #expect(registry.refusedCount == 2 && registry.count == 1)
        #expect(refusal(registry, alice, key(1)) == nil)
        #expect(refusal(registry, try identity("u"), key(2)) == nil)
        #expect(registry.count == 2)
    }

    @Test("what is told of a token in use does not say whose it is")
    func silence() throws {
        let registry = TokenRegistry()
        try registry.admit(identity("t", "alice"), with: key(1), at: instant(0))
        let error = #expect(throws: SecurityError.self) {
            try registry.admit(identity("t", "mallory"), with: key(1), at: instant(0))
        }
        #expect(error?.description.contains("alice") == false)
    }

    @Test("an expired token is refused, and its entry goes when no clock can call it good any more")
    func expiry() throws {
        let registry = TokenRegistry()
        #expect(refusal(registry, try identity("t", expires: 100), key(1), 99) == nil)
        #expect(refusal(registry, try identity("t", expires: 100), key(1), 100) == .expired)
        #expect(refusal(registry, try identity("u", expires: 900), key(1), 129) == nil)
        #expect(registry.count == 2)
        #expect(refusal(registry, try identity("v", expires: 900), key(1), 130) == nil)
        #expect(registry.count == 2)
    }

    @Test("a full registry refuses new tokens, keeps those it has, and has room again when one has expired")
    func full() throws {
        let registry = TokenRegistry(capacity: 2)
        #expect(refusal(registry, try identity("a", expires: 100), key(1)) == nil)
        #expect(refusal(registry, try identity("b", expires: 200), key(1)) == nil)
        #expect(refusal(registry, try identity("c", expires: 300), key(1), 99) == .registryFull)
        #expect(refusal(registry, try identity("a", expires: 100), key(1), 99) == nil)
        #expect(refusal(registry, try identity("a", expires: 100), key(2), 99) == .tokenReused)
        #expect(refusal(registry, try identity("c", expires: 300), key(1), 130) == nil)
        #expect(registry.count == 2)
    }

    @Test("who has shown no token is not for the registry")
    func otherProofs() throws {
        let other = try Identity(subject: "a", proof: .certificate(subject: "a"), permissions: .none)
        #expect(refusal(TokenRegistry(), other, key(1)) == .invalidRequest)
    }

    @Test("it answers as one that looks through all tokens does")
    func model() throws {
        var numbers = SeededNumbers()
        let registry = TokenRegistry(capacity: 20)
        var model: [(id: String, subject: String, key: UInt8, end: Int64)] = []
        var now: Int64 = 0
        for step in 0..<5000 {
            now += Int64.random(in: 0...3, using: &numbers)
            let id = "t\(Int.random(in: 0..<40, using: &numbers))"
            let subject = "s\(Int.random(in: 0..<2, using: &numbers))"
            let (number, end) = (
                UInt8.random(in: 0..<2, using: &numbers), now + Int64.random(in: 1...60, using: &numbers)
            )
            model.removeAll { $0.end + 30 <= now }
            let holder = model.first { $0.id == id }
            let expected: SecurityError.Code? =
                if let holder { holder.subject == subject && holder.key == number ? nil : .tokenReused } else {
                    model.count < 20 ? nil : .registryFull
                }
            if holder == nil, expected == nil { model.append((id, subject, number, end)) }
            let found = refusal(registry, try identity(id, subject, expires: end), key(number), now)
            #expect(found == expected && registry.count == model.count, "step \(step) with the seed \(numbers.seed)")
        }
    }

    @Test("of sessions that show a token at the same time one has it")
    func atOnce() throws {
        let registry = TokenRegistry()
        let identities = try (0..<100).map { try identity("t\($0)") }
        let admitted = Guarded(0)
        DispatchQueue.concurrentPerform(iterations: 8) { session in
            for identity in identities where refusal(registry, identity, key(UInt8(session))) == nil {
                admitted.withLock { $0 += 1 }
            }
        }
        #expect(admitted.withLock { $0 } == 100 && registry.refusedCount == 700)
    }

    @Test("session keys are the same where what was proven is")
    func sessionKeys() {
        #expect(SessionKey([1, 2]) == SessionKey([1, 2]) && SessionKey([1, 2]) != SessionKey([1, 2, 0]))
        #expect(SessionKey([]) != SessionKey([0]))
    }
}
