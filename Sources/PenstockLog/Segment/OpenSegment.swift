internal import PenstockEvents

/// A segment that a reader has open, and what it knows of where its batches are. Confined to the reader's actor.
final class OpenSegment {
    let file: SegmentFile
    /// From the file beside the segment, or what was learnt on the way.
    private(set) var index: SegmentIndex
    private var isComplete = false
    private var isLookedFor = false

    init(_ file: SegmentFile) {
        self.file = file
        index = SegmentIndex(baseOffset: file.name.baseOffset)
    }

    /// Takes the index beside the segment, where there is one: for reading that begins inside of the segment.
    func loadIndex(_ storage: any Storage) {
        guard !isLookedFor else { return }
        isLookedFor = true
        guard let stored = SegmentIndexFile.read(beside: file, storage: storage) else { return }
        index = stored
        isComplete = true
    }

    var name: SegmentName { file.name }

    /// A batch was passed.
    func note(_ header: BatchHeader, at position: Int) {
        if !isComplete { index.note(header, at: position, allowsGaps: file.superblock.cleanOffset != nil) }
    }

    /// The largest event time of the whole segment, where that is known already.
    var maxTime: Int64? {
        isComplete || file.seal.map({ $0.nextOffset == index.nextOffset }) == true ? index.maxTime : nil
    }

    /// Gives up an index that was found to be wrong.
    func distrust() {
        guard isComplete else { return }
        index = SegmentIndex(baseOffset: file.name.baseOffset)
        isComplete = false
    }
}
