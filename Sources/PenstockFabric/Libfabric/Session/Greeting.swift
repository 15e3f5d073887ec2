/// What two ends tell each other before anything else: the body of `hello` and `welcome` frames, little endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 16 | identity of the sender's transport, random |
/// | 16 | 16 | nonce, random |
/// | 32 | 4 | how the sender's provider wants memory registered (`mr_mode`) |
/// | 36 | 4 | the most bytes of a message that it takes |
/// | 40 | 4 | the most bytes of a payload inside of a frame that it takes |
/// | 44 | 4 | bytes of the address |
/// | 48 | 8 | the most bytes of a payload that it takes |
/// | 56 | 8 | number of the ticket that the sender shows; 0 where it has none |
/// | 64 | 32 | proof that the sender knows the ticket's secret; zeros where there is none |
/// | 96 | | address of the sender's endpoint |
struct Greeting: Sendable, Hashable {
    /// The most bytes of a frame with a greeting or a refusal.
    static let frameBytes = 1024
    private static let fixedBytes = 96
    private static let proofRange = 64..<96

    var identity: [UInt8]
    var nonce: [UInt8]
    var registration: RegistrationMode
    var messageBytes: Int
    var inlineBytes: Int
    var payloadBytes: Int
    var ticket: UInt64
    var address: [UInt8]

    init(
        _ identity: [UInt8], _ registration: RegistrationMode, _ limits: FabricLimits, _ address: [UInt8],
        ticket: UInt64 = 0
    ) {
        self.identity = identity
        nonce = Self.random()
        self.registration = registration
        messageBytes = limits.messageBytes
        inlineBytes = limits.inlineBytes
        payloadBytes = limits.payloadBytes
        self.ticket = ticket
        self.address = address
    }

    /// 16 bytes that nobody guesses.
    static func random() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0...255) } }

    /// The bytes, with `proof`.
    func encoded(_ proof: [UInt8]) -> [UInt8] {
        var bytes = identity + nonce
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        append(registration.rawValue)
        append(UInt32(clamping: messageBytes))
        append(UInt32(clamping: inlineBytes))
        append(UInt32(address.count))
        append(UInt64(payloadBytes))
        append(ticket)
        return bytes + proof + address
    }

    /// Reads the bytes, and the proof in them.
    /// - Throws: `FabricError` with code `protocolViolation`.
    init(_ bytes: [UInt8], proof: inout [UInt8]) throws(FabricError) {
        func value<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
            bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
        }
        guard bytes.count > Self.fixedBytes, bytes.count == Self.fixedBytes + Int(value(44, UInt32.self)) else {
            throw FabricError(.protocolViolation, "the peer has sent a greeting of \(bytes.count) bytes that is none")
        }
        identity = Array(bytes[0..<16])
        nonce = Array(bytes[16..<32])
        registration = RegistrationMode(rawValue: value(32, Int32.self))
        messageBytes = Int(value(36, UInt32.self))
        inlineBytes = Int(value(40, UInt32.self))
        payloadBytes = Int(clamping: value(48, UInt64.self))
        ticket = value(56, UInt64.self)
        address = Array(bytes[Self.fixedBytes...])
        proof = Array(bytes[Self.proofRange])
    }
}
