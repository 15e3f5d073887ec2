internal import PenstockEvents

/// A walk over the headers of a partition's batches in the files, from one offset on. What is damaged it passes over.
struct HeaderWalk {
    private let view: PartitionView
    private let names: [SegmentName]
    private var cursor: SegmentCursor?
    private var current: (header: BatchHeader, cursor: SegmentCursor)?

    /// - Parameter offset: where the walk begins, or the first batch behind it.
    init(_ view: PartitionView, from offset: UInt64) throws(LogError) {
        self.view = view
        names = try view.segments()
        guard let name = names.last(where: { $0.baseOffset <= offset }) ?? names.first else { return }
        var cursor = SegmentCursor(try view.open(name), limits: view.limits)
        try cursor.approach(offset, view.storage)
        self.cursor = cursor
        while let header = try peek(), header.nextOffset <= offset { _ = try next() }
    }

    /// A walk that begins at a reader's cursor.
    init(_ view: PartitionView, from cursor: SegmentCursor) throws(LogError) {
        self.view = view
        names = try view.segments()
        self.cursor = cursor
    }

    /// The next header, or nil where the files end.
    mutating func next() throws(LogError) -> BatchHeader? {
        guard let header = try peek(), let cursor else { return nil }
        current = (header, cursor)
        self.cursor?.advance(past: header)
        return header
    }

    /// The control record of the batch whose header came last.
    mutating func controlRecord() throws(LogError) -> ControlRecord {
        guard var (header, cursor) = current else { preconditionFailure("a walk has a record behind its first header") }
        do {
            let batch = try cursor.batch(header)
            header = batch.header
            return try ControlRecord(decoding: UnsafeRawBufferPointer(rebasing: batch.slab.bytes[batch.body]))
        } catch CursorFailure.log(let error) {
            throw error
        } catch {
            let defect = BatchDefect.layout("its control record is damaged: \(error)")
            throw cursor.segment.file.damage(
                defect, at: cursor.position, offsets: header.baseOffset..<header.nextOffset)
        }
    }

    /// The file of the batch whose header came last.
    var file: SegmentFile? { current?.cursor.segment.file }

    private mutating func peek() throws(LogError) -> BatchHeader? {
        while var cursor {
            defer { self.cursor = cursor }
            if let successor = names.last(where: { $0.baseOffset == cursor.offset && $0 > cursor.segment.name }) {
                cursor = SegmentCursor(try view.open(successor), limits: view.limits)
            }
            do {
                return try cursor.header()
            } catch CursorFailure.log(let error) {
                throw error
            } catch {
                guard let next = try behind(cursor) else { return nil }
                cursor = next
            }
        }
        return nil
    }

    // Where the walk goes on behind what is no batch: in the same file, or in the next one.
    private func behind(_ cursor: SegmentCursor) throws(LogError) -> SegmentCursor? {
        var cursor = cursor
        let next = names.first { $0.baseOffset > cursor.offset && $0 > cursor.segment.name }
        if let found = try cursor.intactHeaderBehind(), found.baseOffset < next?.baseOffset ?? .max {
            cursor.jump(to: found)
            return cursor
        }
        guard let next else { return nil }
        return SegmentCursor(try view.open(next), limits: view.limits)
    }
}

extension PartitionLedger {
    /// Goes over what the partition's files hold from `start` up to `end`.
    mutating func note(_ view: PartitionView, from start: UInt64, upTo end: UInt64) throws(LogError) {
        var walk = try HeaderWalk(view, from: start)
        while let header = try walk.next(), header.baseOffset < end {
            do {
                try note(header) { () throws(LogError) in try walk.controlRecord() }
            } catch {
                guard error.code == .damaged else { throw error }
            }
        }
    }
}
