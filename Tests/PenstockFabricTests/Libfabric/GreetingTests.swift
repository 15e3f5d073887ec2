import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("Greetings")
    struct GreetingTests {
        private var greeting: Greeting {
            Greeting(
                [UInt8](repeating: 1, count: 16), [.local, .endpoint], FabricLimits(), [2, 0, 0, 9, 127, 0, 0, 1],
                ticket: 0x0102)
        }

        @Test("a greeting is read as it is written, and laid out as documented")
        func layout() throws {
            let bytes = greeting.encoded([UInt8](repeating: 9, count: 32))
            #expect(bytes.count == 104)
            #expect(Array(bytes[32..<48]) == [4, 2, 0, 0, 0, 32, 0, 0, 0, 32, 0, 0, 8, 0, 0, 0])
            #expect(Array(bytes[56..<64]) == [2, 1, 0, 0, 0, 0, 0, 0])
            #expect(Array(bytes[64..<96]) == [UInt8](repeating: 9, count: 32))
            var proof: [UInt8] = []
            var read = try Greeting(bytes, proof: &proof)
            #expect(proof == [UInt8](repeating: 9, count: 32))
            #expect(read.nonce.count == 16 && read.nonce != greeting.nonce, "each has a nonce of its own")
            read.nonce = Array(bytes[16..<32])
            #expect(read.encoded(proof) == bytes)
        }

        @Test("what is too short, or tells another length, is none")
        func lies() {
            let bytes = greeting.encoded([UInt8](repeating: 0, count: 32))
            for count in [0, 1, 47, 48, 88, 96, 103] {
                var proof: [UInt8] = []
                let error = #expect(throws: FabricError.self) {
                    try Greeting(Array(bytes.prefix(count)), proof: &proof)
                }
                #expect(error?.code == .protocolViolation)
            }
            var longer = bytes
            longer[47] = 255
            var proof: [UInt8] = []
            #expect(throws: FabricError.self) { try Greeting(longer, proof: &proof) }
        }

        @Test("a proof depends on the secret, the greetings and the session")
        func proofs() {
            let (one, other) = (greeting, greeting)
            let handshake = Handshake(secret: FabricSecret([UInt8](repeating: 1, count: 32))!)
            let stranger = Handshake(secret: FabricSecret([UInt8](repeating: 2, count: 32))!)
            #expect(handshake.ofHello(one) == handshake.ofHello(one))
            #expect(handshake.ofHello(one) != handshake.ofHello(other), "the nonces differ")
            #expect(handshake.ofHello(one) != stranger.ofHello(one))
            #expect(handshake.ofWelcome(other, to: one, epoch: 1) != handshake.ofWelcome(other, to: one, epoch: 2))
            #expect(handshake.ofWelcome(other, to: one, epoch: 1) != handshake.ofConfirmation(other, to: one, epoch: 1))
            #expect(Handshake(secret: nil).ofHello(one) == [UInt8](repeating: 0, count: 32))
            #expect(
                !Handshake.isSame([1, 2], [1]) && !Handshake.isSame([1, 2], [1, 3])
                    && Handshake.isSame([1, 2], [1, 2]))
        }

        @Test("why a peer goes is told in words that do not steer a terminal")
        func farewells() {
            for farewell in [Farewell.closed, .gaveUp("a"), .refused("b"), .notTrusted("c")] {
                #expect(Farewell(farewell.bytes) == farewell)
            }
            #expect(Farewell([1] + Array("a\u{1B}[2Jb\n".utf8)) == .gaveUp("a[2Jb"))
            #expect(Farewell([200]) == .gaveUp(""))
            #expect(Farewell.gaveUp(String(repeating: "x", count: 10_000)).bytes.count < 500)
        }
    }
}
