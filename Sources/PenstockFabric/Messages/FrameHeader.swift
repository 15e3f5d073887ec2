internal import PenstockEvents

/// What stands before every message on a wire: 64 bytes, little endian, the same over TCP and over a fabric.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | magic `PNSF` |
/// | 4 | 1 | version, 1 |
/// | 5 | 1 | kind |
/// | 6 | 2 | flags: 1 a payload, 2 which follows the message, 4 declined |
/// | 8 | 4 | bytes of the message, which follows |
/// | 12 | 4 | CRC-32C of these 64 bytes, with 0 here, and of the message |
/// | 16 | 8 | bytes of the payload |
/// | 24 | 8 | number of the payload, by which it is released |
/// | 32 | 8 | address of the payload in the sender's registered memory |
/// | 40 | 8 | key of that memory |
/// | 48 | 8 | epoch of the session |
/// | 56 | 8 | number of the frame on this connection and in this direction, from 0 |
package struct FrameHeader: Sendable, Hashable {
    /// What a frame is.
    package enum Kind: UInt8, Sendable {
        case message = 1
        /// The payload with a number is its sender's again.
        case release = 2
        case hello = 3
        case welcome = 4
        /// No frame follows.
        case bye = 5
    }

    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        package static let payload = Flags(rawValue: 1)
        package static let isInline = Flags(rawValue: 2)
        package static let declined = Flags(rawValue: 4)
        fileprivate static let known: Flags = [.payload, .isInline, .declined]
    }

    package static let byteCount = 64
    private static let magic: UInt32 = 0x4653_4E50
    private static let version: UInt8 = 1

    package var kind: Kind
    package var flags: Flags = []
    package var messageBytes = 0
    package var payloadBytes = 0
    package var payload: UInt64 = 0
    package var address: UInt64 = 0
    package var key: UInt64 = 0
    package var epoch: UInt64 = 0
    package var number: UInt64 = 0

    package init(_ kind: Kind) { self.kind = kind }

    /// The header's bytes, with the checksum of them and of the message.
    package func encoded(before message: [UInt8]) -> [UInt8] {
        precondition(message.count == messageBytes, "the header is that of another message")
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: Self.magic.littleEndian, as: UInt32.self)
            bytes[4] = Self.version
            bytes[5] = kind.rawValue
            bytes.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 6, as: UInt16.self)
            bytes.storeBytes(of: UInt32(messageBytes).littleEndian, toByteOffset: 8, as: UInt32.self)
            for (offset, field) in zip(
                stride(from: 16, to: 64, by: 8), [UInt64(payloadBytes), payload, address, key, epoch, number])
            {
                bytes.storeBytes(of: field.littleEndian, toByteOffset: offset, as: UInt64.self)
            }
            let checksum = Self.checksum(UnsafeRawBufferPointer(bytes), message)
            bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 12, as: UInt32.self)
        }
        return bytes
    }

    /// Reads a header, whose message has not been looked at yet.
    /// - Throws: `FabricError` with code `protocolViolation` where the bytes are none, or one of a newer version; `tooLarge` where a size is
    ///   over its limit, which is known before any memory is taken for it.
    package init(_ bytes: UnsafeRawBufferPointer, _ limits: FabricLimits) throws(FabricError) {
        precondition(bytes.count >= Self.byteCount, "a header has 64 bytes")
        try Self.checkBeginning(bytes)
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        guard bytes[4] == Self.version else {
            throw FabricError(
                .protocolViolation,
                "the peer speaks version \(bytes[4]) of the protocol, and this is version \(Self.version)",
                hint: "use the same release of Penstock at both ends")
        }
        let flags = Flags(rawValue: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self)))
        guard let kind = Kind(rawValue: bytes[5]), Flags.known.isSuperset(of: flags) else {
            throw FabricError(.protocolViolation, "the peer has sent a frame of an unknown kind")
        }
        self.kind = kind
        self.flags = flags
        messageBytes = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        guard messageBytes <= limits.messageBytes else {
            throw FabricError(
                .tooLarge,
                "the peer has announced a message of \(messageBytes) bytes, and the limit is \(limits.messageBytes)")
        }
        guard word(16) <= UInt64(limits.payloadBytes) else {
            throw FabricError(
                .tooLarge,
                "the peer has announced a payload of \(word(16)) bytes, and the limit is \(limits.payloadBytes)")
        }
        payloadBytes = Int(word(16))
        guard flags.contains(.payload) || payloadBytes == 0 else {
            throw FabricError(.protocolViolation, "the peer has sent the size of a payload that it does not have")
        }
        (payload, address, key, epoch, number) = (word(24), word(32), word(40), word(48), word(56))
    }

    /// Looks at the first bytes of a header, of which not all may have come.
    /// - Throws: `FabricError` with code `protocolViolation` where no header begins like this.
    package static func checkBeginning(_ bytes: UnsafeRawBufferPointer) throws(FabricError) {
        let isMagic = withUnsafeBytes(of: magic.littleEndian) { zip($0, bytes).allSatisfy { $0 == $1 } }
        guard isMagic else {
            // A record of TLS begins with its kind, an alert or a handshake, and with 3 for the family of its versions.
            let isTLS = bytes.count >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 3
            throw FabricError(
                .protocolViolation, "the peer \(isTLS ? "speaks TLS" : "does not speak Penstock's protocol")",
                hint: isTLS ? "use TLS at both ends, or at neither" : "is it another service, or does it expect TLS?")
        }
    }

    /// Whether the checksum in the header's bytes is theirs and the message's.
    package static func isIntact(_ header: UnsafeRawBufferPointer, _ message: [UInt8]) -> Bool {
        let told = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
        return told == checksum(header, message)
    }

    private static func checksum(_ header: UnsafeRawBufferPointer, _ message: [UInt8]) -> UInt32 {
        var crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: header[0..<12]))
        crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: header[16..<byteCount]), seed: crc)
        return message.withUnsafeBytes { CRC32C.checksum($0, seed: crc) }
    }
}
