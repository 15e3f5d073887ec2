internal import PenstockEvents

/// The part of a reader that touches files: finds, reads and verifies batches, on a thread of the log.
actor PartitionFetcher {
    private let partition: TopicPartition
    private var position: UInt64

    private let thread: StorageThread
    private let limits: LogLimits
    private var view: PartitionView
    private var committed = CommittedPosition(nextOffset: 0, segment: nil)
    private var names: [SegmentName] = []
    private var cursor: SegmentCursor?
    private var failure: LogError?
    private var visibility = RowVisibility()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ view: PartitionView, limits: LogLimits, thread: StorageThread) {
        partition = view.partition
        position = 0
        self.view = view
        self.limits = limits
        self.thread = thread
    }

    /// Goes to where reading begins, and says which offset that is.
    func open(at start: ReadPosition) throws(LogError) -> UInt64 {
        committed = try view.committed()
        names = try view.segments()
        let earliest = try max(view.firstOffset(), names.first?.baseOffset ?? committed.nextOffset)
        switch start {
        case .earliest: position = min(earliest, committed.nextOffset)
        case .end: position = committed.nextOffset
        case .offset(let offset):
            guard offset >= earliest, offset <= committed.nextOffset else {
                throw PartitionStart.outOfRange(offset, of: partition, earliest..<max(earliest, committed.nextOffset))
            }
            position = offset
        }
        return position
    }

    /// The next batches and control records, together at least one and hardly more than a window of bytes; none at the end of what is
    /// committed. What stands before damage is delivered first, then the error each time.
    ///
    /// Also returns the position behind them, which is farther where records of the log's own follow.
    func fetch() throws(LogError) -> (entries: [LogEntry], position: UInt64) {
        if let failure { throw failure }
        return try retrying { () throws(LogError) in try fetchEntries() }
    }

    private func fetchEntries() throws(LogError) -> (entries: [LogEntry], position: UInt64) {
        var entries: [LogEntry] = []
        var bytes = 0
        do {
            while bytes < limits.readWindowBytes, entries.isEmpty ? try hasMore() : position < committed.nextOffset {
                let (entry, size) = try read(onlyControl: false)
                guard let entry else { continue }
                entries.append(entry)
                bytes += size
            }
        } catch {
            guard entries.isEmpty else { return (entries, position) }
            throw error
        }
        return (entries, position)
    }

    // What looks like damage may be records that were given up meanwhile, or segments that were replaced by a compacted one.
    private func retrying<Result>(_ body: () throws(LogError) -> Result) throws(LogError) -> Result {
        try checkStart(tail.firstOffset)
        do {
            return try body()
        } catch {
            try checkStart(view.firstOffset())
            let segments = try view.segments()
            if segments != names {
                names = segments
                cursor = nil
                return try body()
            }
            if error.code == .damaged { failure = error }
            throw error
        }
    }

    private func checkStart(_ first: UInt64) throws(LogError) {
        guard position < first else { return }
        throw PartitionStart.outOfRange(position, of: partition, first..<max(first, committed.nextOffset))
    }

    /// The next control record; batches of events before it are passed over by their headers alone.
    func fetchControl() throws(LogError) -> (found: (record: ControlRecord, offset: UInt64)?, position: UInt64) {
        if let failure { throw failure }
        return try retrying { () throws(LogError) in
            while try hasMore() {
                if case .control(let record, let offset) = try read(onlyControl: true).entry {
                    return ((record, offset), position)
                }
            }
            return (nil, position)
        }
    }

    /// Suspends until there is more than `fetch` has given.
    func waitForMore() async throws(LogError) {
        while failure == nil {
            switch await tail.wait(beyond: position) {
            case .more: return
            case .cancelled: throw cancelled
            case .tooMany:
                throw LogError(
                    .tooManyWaiters,
                    "\(limits.waitingReadersPerPartition) readers wait at the end of \(partition) already",
                    hint: "raise waitingReadersPerPartition of the log's limits", place: .init(partition: partition))
            case .noOwner:
                if try hasMore() { return }
                do { try await Task.sleep(for: limits.foreignWriterPollInterval) } catch { throw cancelled }
            }
        }
    }

    func close() {
        cursor = nil
        failure = LogError(.closed, "the reader of \(partition) is closed", place: .init(partition: partition))
    }

    private var tail: PartitionTail { view.tail }

    private var cancelled: LogError {
        LogError(.cancelled, "waiting at the end of \(partition) was cancelled", place: .init(partition: partition))
    }

    private func hasMore() throws(LogError) -> Bool {
        if position < committed.nextOffset { return true }
        let before = committed.segment
        committed = try view.committed()
        cursor?.forgetFetched()
        if committed.segment != before { names = try view.segments() }
        return position < committed.nextOffset
    }

    /// Reads the entry at `position`, or passes over it where it is events and only control records are wanted.
    private func read(onlyControl: Bool) throws(LogError) -> (entry: LogEntry?, bytes: Int) {
        var cursor: SegmentCursor
        if let current = self.cursor { cursor = current } else { cursor = try locate() }
        do throws(CursorFailure) {
            try followSuccessor(&cursor)
            var header = try nextHeader(&cursor)
            while header == nil {
                guard position < committed.nextOffset else {
                    self.cursor = nil
                    return (nil, 0)
                }
                do { cursor = try locate() } catch { throw CursorFailure.log(error) }
                header = try nextHeader(&cursor)
            }
            guard let header else { preconditionFailure("the loop ends with a header") }
            let isControl = header.flags.contains(.control)
            var isPassedOver = isControl ? header.concernsLedger : onlyControl
            if !isPassedOver { isPassedOver = try !isVisible(header, cursor) }
            let entry = isPassedOver ? nil : try entry(cursor.batch(header))
            cursor.advance(past: header)
            position = header.nextOffset
            self.cursor = cursor
            return (entry, header.paddedByteCount)
        } catch {
            switch error {
            case .log(let error): throw error
            case .defect(let defect): throw damage(defect, cursor)
            }
        }
    }

    private func isVisible(_ header: BatchHeader, _ cursor: SegmentCursor) throws(CursorFailure) -> Bool {
        do {
            return try visibility.isVisible(header, at: cursor, view, readable: committed.nextOffset)
        } catch {
            throw .log(error)
        }
    }

    // Another segment that begins at this offset takes over: the current one was sealed here, or its owner gave it up.
    private func followSuccessor(_ cursor: inout SegmentCursor) throws(CursorFailure) {
        guard cursor.segment.name != committed.segment else { return }
        let name = cursor.segment.name
        guard let successor = names.last(where: { $0.baseOffset == cursor.offset && $0 > name }) else { return }
        do { cursor = SegmentCursor(try view.open(successor), limits: limits) } catch { throw .log(error) }
    }

    // Nil where the rest of a compacted segment holds nothing: the position is behind it then.
    private func nextHeader(_ cursor: inout SegmentCursor) throws(CursorFailure) -> BatchHeader? {
        if cursor.isAtCompactedEnd, let end = cursor.segment.name.nextOffset {
            position = max(position, end)
            return nil
        }
        do {
            return try cursor.header()
        } catch {
            // The list of segments may be older than the committed position.
            guard case .defect(.endOfFile) = error else { throw error }
            do { names = try view.segments() } catch { throw .log(error) }
            let before = cursor.segment.name
            try followSuccessor(&cursor)
            if cursor.segment.name == before, !names.contains(before) {
                do { cursor = try locate() } catch { throw .log(error) }
            }
            guard cursor.segment.name != before else { throw error }
            return cursor.isAtCompactedEnd ? try nextHeader(&cursor) : try cursor.header()
        }
    }

    private func entry(_ batch: SegmentCursor.Batch) throws(CursorFailure) -> LogEntry {
        do {
            if batch.header.flags.contains(.control) {
                let body = UnsafeRawBufferPointer(rebasing: batch.slab.bytes[batch.body])
                return .control(try ControlRecord(decoding: body), offset: batch.header.baseOffset)
            }
            return .records(try RecordBatch(batch.header, slab: batch.slab, at: batch.body.lowerBound, from: position))
        } catch let defect as BatchDefect {
            throw .defect(defect)
        } catch {
            throw .defect(.layout("\(error)"))
        }
    }

    /// A cursor at the batch that holds `position`.
    private func locate() throws(LogError) -> SegmentCursor {
        guard let name = names.last(where: { $0.baseOffset <= position }) else {
            throw missing(upTo: names.first?.baseOffset ?? committed.nextOffset)
        }
        var cursor = SegmentCursor(try view.open(name), limits: limits)
        while cursor.offset < position, !cursor.isAtCompactedEnd {
            do {
                let header = try cursor.header()
                if header.nextOffset > position { break }
                cursor.advance(past: header)
            } catch {
                switch error {
                case .log(let error): throw error
                case .defect: try skipDamage(&cursor)
                }
            }
        }
        return cursor
    }

    private func skipDamage(_ cursor: inout SegmentCursor) throws(LogError) {
        let scan = SegmentScan(segment: cursor.segment, limits: limits)
        let found = try scan.intactHeader(from: cursor.position + Superblock.alignment, atLeast: cursor.offset + 1)
        guard let found, found.header.baseOffset <= position else {
            throw missing(upTo: found?.header.baseOffset ?? nextSegmentBase(after: cursor.segment.name))
        }
        cursor.jump(to: found.header, at: found.position)
    }

    private func damage(_ defect: BatchDefect, _ cursor: SegmentCursor) -> LogError {
        let scan = SegmentScan(segment: cursor.segment, limits: limits)
        let behind = try? scan.intactHeader(from: cursor.position + Superblock.alignment, atLeast: position + 1)
        let end = behind?.header.baseOffset ?? nextSegmentBase(after: cursor.segment.name)
        return cursor.segment.damage(
            defect, at: cursor.position, offsets: cursor.offset..<max(cursor.offset + 1, min(end, committed.nextOffset))
        )
    }

    private func nextSegmentBase(after name: SegmentName) -> UInt64 {
        names.first { $0.baseOffset > position }?.baseOffset ?? committed.nextOffset
    }

    private func missing(upTo end: UInt64) -> LogError {
        LogError(
            .damaged, "\(partition): no segment holds offsets \(position)..<\(end)",
            hint: "restore the missing segment from a copy, or read on from offset \(end)",
            place: .init(partition: partition, offsets: position..<max(end, position + 1)))
    }
}
