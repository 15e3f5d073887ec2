import Testing

@testable import PenstockSecurity

@Suite("Tokens that were changed on their way")
struct ChangedTokenTests {
    private static let refusals: Set<SecurityError.Code> = [
        .malformed, .forbiddenAlgorithm, .unknownKey, .badSignature,
    ]

    private func check(_ token: [UInt8], _ what: @autoclosure () -> String) throws {
        let verifier = try PublishedKeys.verifier()
        do {
            _ = try verifier.verify(token, at: PublishedKeys.issued)
            Issue.record("taken: \(what())")
        } catch { #expect(Self.refusals.contains(error.code), "\(what()): \(error)") }
    }

    @Test("each bit of a token counts", arguments: [PublishedKeys.ed25519Token, PublishedKeys.p256Token])
    func bits(_ token: String) throws {
        for position in token.utf8.indices.enumerated().map(\.offset) {
            for bit in 0..<8 {
                var changed = Array(token.utf8)
                changed[position] ^= 1 << bit
                try check(changed, "bit \(bit) of byte \(position)")
            }
        }
    }

    @Test("a token of which bytes were changed, taken out, put in or exchanged is refused")
    func random() throws {
        var numbers = SeededNumbers()
        for _ in 0..<1000 {
            let original = Array(
                [PublishedKeys.ed25519Token, PublishedKeys.p256Token].randomElement(using: &numbers)!.utf8)
            var changed = original
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                let (one, two) = (
                    changed.indices.randomElement(using: &numbers)!, changed.indices.randomElement(using: &numbers)!
                )
                switch Int.random(in: 0..<5, using: &numbers) {
                case 0: changed[one] = .random(in: 0 ... .max, using: &numbers)
                case 1: changed.remove(at: one)
                case 2: changed.insert(changed[two], at: one)
                case 3: changed.swapAt(one, two)
                default: changed.removeLast(Int.random(in: 1...10, using: &numbers))
                }
            }
            if changed != original { try check(changed, "with the seed \(numbers.seed)") }
        }
    }

    @Test("the parts of two good tokens make no third")
    func parts() throws {
        let one = PublishedKeys.ed25519Token.split(separator: ".").map(String.init)
        let two = PublishedKeys.p256Token.split(separator: ".").map(String.init)
        for choice in 1..<7 {
            let mixed = (0..<3).map { choice >> $0 & 1 == 0 ? one[$0] : two[$0] }
            try check(Array(mixed.joined(separator: ".").utf8), "\(choice)")
        }
    }
}
