internal import PenstockEvents

/// Batches laid out for writes in whole blocks: large ones as they lie in their slabs, small ones brought together in memory.
struct BlockRun {
    /// From so many bytes on a batch is written from its own slab, and ends with a whole block: the copy would cost more than the zeros.
    static let smallestStraightBytes = 64 << 10
    private static let stageBytes = 1 << 20

    /// Where in the file the next batch goes. After `finish` the end of the last block.
    private(set) var position: Int
    /// The position behind the last batch.
    private(set) var end = 0

    /// The end of the last block.
    var blockEnd: Int { position.rounded(upTo: FileBlock.alignment) }

    private var blocks: [FileBlock] = []
    private var stage: Payload.Storage?
    private var stageStart = 0
    /// What the blocks point into.
    private var owners: [Payload.Storage] = []

    init(from position: Int) {
        self.position = position
    }

    /// Lays a batch behind the others; where in the file it begins.
    mutating func add(_ batch: EncodedBatch) -> Int {
        if batch.byteCount >= Self.smallestStraightBytes {
            closeStage()
            let bytes = batch.bytes(batch.blockByteCount)
            blocks.append(FileBlock(bytes, at: position))
            owners.append(batch.slab)
            end = position + batch.byteCount
            position += bytes.count
            return position - bytes.count
        }
        let start = position
        copy(batch.bytes(batch.byteCount))
        end = position
        return start
    }

    /// Calls `write` with the blocks, of which the last one is filled up with zeros.
    mutating func finish<Failure: Error>(_ write: ([FileBlock]) throws(Failure) -> Void) throws(Failure) {
        closeStage()
        defer { withExtendedLifetime(owners) {} }
        try write(blocks)
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let stage = openStage()
            let filled = position - stageStart
            let count = min(rest.count, stage.bytes.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: stage.bytes[filled..<filled + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            position += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled + count == stage.bytes.count { closeStage() }
        }
    }

    private mutating func openStage() -> Payload.Storage {
        if let stage { return stage }
        let new = Payload.Storage(byteCount: Self.stageBytes)
        stage = new
        stageStart = position
        return new
    }

    private mutating func closeStage() {
        guard let stage else { return }
        let filled = position - stageStart
        let whole = filled.rounded(upTo: FileBlock.alignment)
        UnsafeMutableRawBufferPointer(rebasing: stage.bytes[filled..<whole])
            .initializeMemory(as: UInt8.self, repeating: 0)
        blocks.append(FileBlock(UnsafeRawBufferPointer(rebasing: stage.bytes[..<whole]), at: stageStart))
        owners.append(stage)
        position = stageStart + whole
        self.stage = nil
    }
}
