/// The proofs of a handshake, each of which covers everything that was said before.
///
/// A hello is proven by its own content, a welcome also by the hello's, which has the client's nonce, and the
/// confirmation by both, so that neither end can be given the frames of an earlier session.
struct Handshake: Sendable {
    /// The bytes of a proof.
    static let proofBytes = 32
    let secret: FabricSecret?

    func ofHello(_ hello: Greeting) -> [UInt8] { proof("penstock hello", 0, [hello]) }

    func ofWelcome(_ welcome: Greeting, to hello: Greeting, epoch: UInt64) -> [UInt8] {
        proof("penstock welcome", epoch, [hello, welcome])
    }

    func ofConfirmation(_ welcome: Greeting, to hello: Greeting, epoch: UInt64) -> [UInt8] {
        proof("penstock confirmation", epoch, [hello, welcome])
    }

    /// Whether two proofs are the same, in a time that does not tell where they differ.
    static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func proof(_ purpose: String, _ epoch: UInt64, _ greetings: [Greeting]) -> [UInt8] {
        let nothing = [UInt8](repeating: 0, count: Self.proofBytes)
        guard let secret else { return nothing }
        var transcript = Array(purpose.utf8) + withUnsafeBytes(of: epoch.littleEndian) { Array($0) }
        for greeting in greetings {
            let bytes = greeting.encoded(nothing)
            transcript += withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
            transcript += bytes
        }
        return secret.proof(of: transcript)
    }
}
