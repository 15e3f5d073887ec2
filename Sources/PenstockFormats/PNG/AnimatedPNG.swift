/// Pictures that are shown one after the other, as an animated PNG: a PNG file with the first picture for programs that know no animations.
///
/// The format: "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, 2025, chunks acTL, fcTL and fdAT. The frames stay compressed
/// as they were.
public struct AnimatedPNG: Sendable {
    private let milliseconds: UInt16
    private let plays: UInt32
    private var header: [UInt8] = []
    private var frames: [[ArraySlice<UInt8>]] = []

    /// The number of frames.
    public var count: Int { frames.count }

    /// An animation without frames.
    /// - Parameters:
    ///   - milliseconds: How long each frame is shown, 0 to 65,535.
    ///   - plays: How often all are shown; 0 for ever again.
    public init(millisecondsPerFrame milliseconds: Int, plays: Int = 0) {
        precondition((0...65_535).contains(milliseconds), "a frame is shown for 0 to 65,535 ms")
        precondition((0...Int(Int32.max)).contains(plays), "an animation plays a number of times")
        self.milliseconds = UInt16(milliseconds)
        self.plays = UInt32(plays)
    }

    /// Adds a picture, the bytes of a PNG file as `PNGFile.encode` makes it; all have the same size and channels.
    /// - Throws: `wrongFormat` where it is no PNG file, or of another size than those before.
    public mutating func append(_ png: [UInt8], file: String = "animation.png") throws(FormatError) {
        let chunks = try Self.chunks(of: png, file)
        guard let first = chunks.first, first.type == "IHDR" else {
            throw FormatError(.wrongFormat, file: file, "a frame is no PNG image")
        }
        if frames.isEmpty { header = Array(first.data) }
        guard header.elementsEqual(first.data) else {
            throw FormatError(.wrongFormat, file: file, "a frame has another size or other channels than the first one")
        }
        frames.append(chunks.filter { $0.type == "IDAT" }.map(\.data))
    }

    /// Whether the bytes of a PNG file are an animation.
    package static func isAnimation(_ png: [UInt8]) -> Bool {
        ((try? chunks(of: png, "")) ?? []).contains { $0.type == "acTL" }
    }

    /// Leaves out every second frame, from the second on.
    public mutating func thin() { frames = frames.indices.filter { $0.isMultiple(of: 2) }.map { frames[$0] } }

    /// The bytes of the file.
    /// - Precondition: There is a frame.
    public func encoded() -> [UInt8] {
        precondition(!frames.isEmpty, "an animation has at least one frame")
        var bytes = Self.signature
        Self.append("IHDR", header, to: &bytes)
        Self.append("acTL", Self.word(UInt32(frames.count)) + Self.word(plays), to: &bytes)
        var sequence: UInt32 = 0
        for (number, frame) in frames.enumerated() {
            // Number, width, height, no offset, the time, and a frame that replaces all of the last one.
            var control = Self.word(sequence) + header[0..<8] + Self.word(0) + Self.word(0)
            control += Self.word(UInt32(milliseconds) << 16 | 1000) + [0, 0]
            Self.append("fcTL", control, to: &bytes)
            sequence += 1
            for data in frame {
                guard number > 0 else {
                    Self.append("IDAT", Array(data), to: &bytes)
                    continue
                }
                Self.append("fdAT", Self.word(sequence) + data, to: &bytes)
                sequence += 1
            }
        }
        Self.append("IEND", [], to: &bytes)
        return bytes
    }

    // MARK: Chunks

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func chunks(
        of png: [UInt8], _ file: String
    ) throws(FormatError) -> [(type: String, data: ArraySlice<UInt8>)] {
        let cutOff = FormatError(.truncated, file: file, "a frame is cut off")
        guard png.starts(with: signature) else {
            throw FormatError(.wrongFormat, file: file, "a frame is no PNG image")
        }
        var chunks: [(String, ArraySlice<UInt8>)] = []
        var rest = png.dropFirst(signature.count)
        while !rest.isEmpty {
            guard rest.count >= 12 else { throw cutOff }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let type = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            guard rest.count >= 12 + count else { throw cutOff }
            chunks.append((type, rest.dropFirst(8).prefix(count)))
            rest = rest.dropFirst(12 + count)
        }
        return chunks
    }

    private static func append(_ type: String, _ data: [UInt8], to bytes: inout [UInt8]) {
        let content = Array(type.utf8) + data
        bytes += word(UInt32(data.count))
        bytes += content
        bytes += word(checksum(content))
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// The CRC-32 of the standard (ISO 3309).
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8 }
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }
}
