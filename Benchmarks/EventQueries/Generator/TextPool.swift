import Penstock

/// A text of the pool: carried in events in place of its bytes, as a view into a log's segment would be.
public struct TextSlice: BitwiseCopyable, Sendable, Hashable {
    /// Where the text begins in the pool.
    public let offset: UInt32
    /// Its length in bytes.
    public let length: UInt32

    @inline(__always) init(offset: UInt32, length: UInt32) {
        self.offset = offset
        self.length = length
    }
}

/// The bytes of all texts: 65,536 random letters, then the names of persons.
///
/// Ownership: there is one pool, made at its first use and never freed. Its bytes do not change after `init`, which makes the unchecked
/// conformance sound.
public struct TextPool: @unchecked Sendable {
    /// The pool, the same for every seed.
    public static let shared = TextPool()

    /// The number of random letters.
    static var letters: Int { 65_536 }

    /// The room for a name.
    private static var nameStride: Int { 16 }
    private static let firstNames = [
        "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter",
    ]
    private static let lastNames = [
        "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris",
    ]

    private let bytes: UnsafePointer<UInt8>
    private let nameLengths: UnsafePointer<UInt8>

    private init() {
        let names = Self.firstNames.flatMap { first in Self.lastNames.map { "\(first) \($0)" } }
        let nameBytes = names.count * Self.nameStride
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.letters + nameBytes + names.count)
        memory.initialize(repeating: 0, count: Self.letters + nameBytes + names.count)
        for i in 0..<Self.letters {
            let bits = SplitMix64.mix(0x5045_4E53_544F_434B &+ Draws.golden &* (UInt64(i) + 1))
            memory[i] = UInt8(ascii: "a") + UInt8(Draws.scale(bits, to: 26))
        }
        for (number, name) in names.enumerated() {
            for (i, byte) in name.utf8.enumerated() { memory[Self.letters + number * Self.nameStride + i] = byte }
            memory[Self.letters + nameBytes + number] = UInt8(name.utf8.count)
        }
        bytes = UnsafePointer(memory)
        nameLengths = bytes + Self.letters + nameBytes
    }

    /// The full name from the numbers of the first name, 0 to 10, and of the last name, 0 to 8.
    func name(first: UInt64, last: UInt64) -> TextSlice {
        let number = Int(first * 9 + last)
        return TextSlice(
            offset: UInt32(Self.letters + number * Self.nameStride), length: UInt32(nameLengths[number]))
    }

    /// The bytes of a text. The pool lives for ever.
    public func bytes(of text: TextSlice) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + Int(text.offset), count: Int(text.length))
    }

    /// The first eight bytes of a text as a little-endian number, those behind its end zero.
    ///
    /// Eight bytes can be read at the place of any text: the letters end 1024 places before the pool, names have lengths behind them.
    @inline(__always) func head(of text: TextSlice) -> UInt64 {
        let word = UInt64(
            littleEndian: UnsafeRawPointer(bytes + Int(text.offset)).loadUnaligned(as: UInt64.self))
        return text.length >= 8 ? word : word & ((1 &<< (UInt64(text.length) &* 8)) &- 1)
    }
}
