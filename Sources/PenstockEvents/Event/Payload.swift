/// Large bytes of an event, immutable and shared by reference: a detector frame, a slice, a file.
///
/// A payload is a range of a storage that somebody keeps alive (a slab of the log, an array, memory of its own). Copying a payload
/// copies the reference; the storage goes when its last payload does.
public struct Payload: Sendable {
    /// Memory that payloads look into.
    ///
    /// Ownership: the storage owns `bytes` from `init` to `deinit`, or keeps their owner alive for as long, and nobody writes to them
    /// while a payload exists. That is what makes the unchecked conformance sound.
    public final class Storage: @unchecked Sendable {
        /// The memory, aligned to 64 bytes.
        public let bytes: UnsafeMutableRawBufferPointer
        // Nil where the memory is the storage's own.
        private let owner: (any AnyObject & Sendable)?

        /// Uninitialised memory of `byteCount` bytes, aligned to 64 bytes; released with the storage.
        public init(byteCount: Int) {
            owner = nil
            if byteCount < PageMemory.smallestBytes {
                bytes = .allocate(byteCount: byteCount, alignment: 64)
            } else {
                bytes = UnsafeMutableRawBufferPointer(start: PageMemory.take(byteCount), count: byteCount)
            }
        }

        /// Memory of `owner`, such as a mapped file, which stays valid and unchanged for as long as `owner` lives. `bytes` is
        /// aligned to 64 bytes and may be read only.
        package init(_ bytes: UnsafeRawBufferPointer, of owner: any AnyObject & Sendable) {
            self.owner = owner
            self.bytes = UnsafeMutableRawBufferPointer(mutating: bytes)
        }

        /// Memory of `owner`, such as a slab, which is written before a payload shows it, and stays valid for as long as `owner` lives.
        /// `bytes` is aligned to 64 bytes.
        package init(writable bytes: UnsafeMutableRawBufferPointer, of owner: any AnyObject & Sendable) {
            self.owner = owner
            self.bytes = bytes
        }

        deinit {
            if owner != nil { return }
            guard bytes.count >= PageMemory.smallestBytes, let base = bytes.baseAddress else {
                return bytes.deallocate()
            }
            PageMemory.giveBack(base, bytes.count)
        }
    }

    private let storage: Storage?
    private let start: Int

    /// The number of bytes.
    public let count: Int

    /// How the bytes are compressed: not at all unless their producer says so. The log stores them as they are.
    public var codec = PayloadCodec.raw

    /// No bytes.
    public static let empty = Payload()

    private init() {
        storage = nil
        start = 0
        count = 0
    }

    /// The bytes `range` of `storage`. They must be initialised and must not change from now on.
    public init(_ storage: Storage, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= storage.bytes.count, "payload outside its storage")
        self.storage = storage
        self.start = range.lowerBound
        self.count = range.count
    }

    /// A payload of `byteCount` bytes, filled once by `initialize`, which must write all of them.
    public init<Failure: Error>(
        byteCount: Int, initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let storage = Storage(byteCount: byteCount)
        try initialize(storage.bytes)
        self.init(storage, range: 0..<byteCount)
    }

    /// A payload with a copy of `bytes`.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// A part of this payload; the storage is shared.
    public subscript(range: Range<Int>) -> Payload {
        guard let storage else {
            precondition(range.isEmpty && range.lowerBound == 0, "range outside an empty payload")
            return self
        }
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the payload")
        var part = Payload(storage, range: start + range.lowerBound..<start + range.upperBound)
        part.codec = codec
        return part
    }

    /// Whether there are no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Calls `body` with the bytes; the pointer is valid during the call only.
    @inline(__always) public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let storage else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(rebasing: storage.bytes[start..<start + count]))
    }

    /// Calls `body` with the bytes as values of a trivial type; the start must be aligned for it. Bytes at the end that are
    /// fewer than a value are left out.
    @inline(__always) public func withValues<Value: BitwiseCopyable, Result, Failure: Error>(
        of type: Value.Type, _ body: (UnsafeBufferPointer<Value>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes { bytes throws(Failure) in
            precondition(
                Int(bitPattern: bytes.baseAddress) % MemoryLayout<Value>.alignment == 0,
                "payload not aligned for \(Value.self)")
            return try body(bytes.bindMemory(to: Value.self))
        }
    }
}
