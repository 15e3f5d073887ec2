import PenstockEvents
import Testing

@Suite("Payload")
struct PayloadTests {
    private let bytes = [UInt8](0..<100)

    @Test("a payload has the bytes that it was made of, and is not their owner's memory")
    func copying() {
        var source = bytes
        let payload = Payload(source)
        source[0] = 255
        #expect(payload.array == bytes)
        #expect(payload.count == 100)
        #expect(!payload.isEmpty)
    }

    @Test("an empty payload has no bytes, however it was made")
    func empty() {
        let made = [
            Payload.empty, Payload([]), Payload(copying: UnsafeRawBufferPointer(start: nil, count: 0)),
            Payload(byteCount: 0) { _ in }, Payload(bytes)[40..<40], Payload.empty[0..<0],
        ]
        for payload in made {
            #expect(payload.isEmpty)
            #expect(payload.count == 0)
            #expect(payload.array == [])
            #expect(payload.withValues(of: Double.self) { $0.count } == 0)
        }
    }

    @Test("slices of slices are the bytes of their ranges, without a copy")
    func slicing() {
        let payload = Payload(bytes)
        let slice = payload[10..<60]
        #expect(slice.array == Array(bytes[10..<60]))
        let inner = slice[5..<20]
        #expect(inner.array == Array(bytes[15..<30]))
        #expect(inner[0..<15].array == inner.array)
        #expect(slice[50..<50].array == [])
        let base = payload.withUnsafeBytes { Int(bitPattern: $0.baseAddress) }
        #expect(inner.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } == base + 15)
    }

    @Test("a slice keeps the storage alive")
    func lifetime() {
        weak var storage: Payload.Storage?
        var slice: Payload?
        do {
            let owner = Payload.Storage(byteCount: 100)
            owner.bytes.copyBytes(from: bytes)
            storage = owner
            slice = Payload(owner, range: 20..<80)[10..<20]
        }
        #expect(storage != nil)
        #expect(slice?.array == Array(bytes[30..<40]))
        slice = nil
        #expect(storage == nil)
    }

    @Test("storage begins at a multiple of 64 bytes", arguments: [1, 7, 64, 65, 4096, 1_000_003])
    func alignment(byteCount: Int) {
        let storage = Payload.Storage(byteCount: byteCount)
        #expect(storage.bytes.count == byteCount)
        #expect(Int(bitPattern: storage.bytes.baseAddress) % 64 == 0)
        let payload = Payload(byteCount: byteCount) { $0.initializeMemory(as: UInt8.self, repeating: 1) }
        #expect(payload.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } % 64 == 0)
    }

    @Test("values are read in place, and a rest that is no value is left out")
    func values() {
        let payload = Payload([1, 0, 2, 0, 3, 0, 9])
        #expect(payload.withValues(of: UInt16.self) { Array($0) } == [1, 2, 3])
        #expect(payload[2..<6].withValues(of: UInt16.self) { Array($0) } == [2, 3])
        #expect(payload[1..<4].withValues(of: UInt8.self) { Array($0) } == [0, 2, 0])
    }

    @Test("an error of the initialiser or the reader goes through")
    func errors() {
        #expect(throws: RecordError.missingPayload) {
            try Payload(byteCount: 8) { _ throws(RecordError) in throw .missingPayload }
        }
        #expect(throws: RecordError.invalidText) {
            try Payload(bytes).withUnsafeBytes { _ throws(RecordError) in throw .invalidText }
        }
    }

    @Test("ranges outside and misaligned values stop the program")
    func misuse() async {
        await #expect(processExitsWith: .failure) { _ = Payload([1, 2, 3])[1..<4] }
        await #expect(processExitsWith: .failure) { _ = Payload.empty[0..<1] }
        await #expect(processExitsWith: .failure) { _ = Payload(Payload.Storage(byteCount: 8), range: 0..<9) }
        await #expect(processExitsWith: .failure) { Payload([1, 2, 3])[1..<3].withValues(of: UInt16.self) { _ in } }
    }
}
