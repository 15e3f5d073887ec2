internal import PenstockEvents

/// The part of a reader that touches files: finds, reads and verifies batches, on a thread of the log.
actor PartitionFetcher {
    let partition: TopicPartition
    private var position: UInt64

    private let thread: StorageThread
    private let limits: LogLimits
    private let timer: any MonotonicClock
    private let parts: RecordParts
    var finder: SegmentFinder
    private var cursor: SegmentCursor?
    private(set) var failure: LogError?
    private var visibility = RowVisibility()
    /// Of the partition's directory, once it was waited for an owner in another process.
    private var watch: (any DirectoryWatch)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ view: PartitionView, parts: RecordParts, limits: LogLimits, timer: any MonotonicClock, thread: StorageThread)
    {
        partition = view.partition
        position = 0
        finder = SegmentFinder(view, limits: limits)
        self.parts = parts
        self.limits = limits
        self.timer = timer
        self.thread = thread
    }

    /// Goes to where reading begins, and says which offset that is.
    func open(at start: ReadPosition) throws(LogError) -> UInt64 {
        try finder.refresh()
        switch start {
        case .earliest: position = finder.held.lowerBound
        case .end: position = finder.committed.nextOffset
        case .time(let time): position = try finder.offset(of: time) ?? finder.committed.nextOffset
        case .offset(let offset):
            guard finder.held.contains(offset) || offset == finder.held.upperBound else { throw outOfRange(offset) }
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
        return try retrying { () throws(LogError) in
            try fetch(limits.readWindowBytes, limits.fetchBytes) { batch throws(CursorFailure) in try entry(batch) }
        }
    }

    /// The next batches as they are stored, together hardly more than `byteLimit` bytes; as `fetch` otherwise. The first one may begin
    /// before the position.
    func fetchStored(_ byteLimit: Int) throws(LogError) -> (batches: [PortableBatch], position: UInt64) {
        if let failure { throw failure }
        let fetched = try retrying { () throws(LogError) in
            try fetch(byteLimit, byteLimit) { batch throws(CursorFailure) in PortableBatch(batch, parts) }
        }
        return (fetched.entries, fetched.position)
    }

    private func fetch<Entry>(
        _ newestBytes: Int, _ byteLimit: Int, _ make: (SegmentCursor.Batch) throws(CursorFailure) -> Entry
    ) throws(LogError) -> (entries: [Entry], position: UInt64) {
        var entries: [Entry] = []
        var bytes = 0
        do {
            if try hasMore() { entries = newest(newestBytes, make) }
            if !entries.isEmpty { return (entries, position) }
            while bytes < byteLimit, entries.isEmpty ? try hasMore() : position < finder.committed.nextOffset {
                let (entry, size) = try read(onlyControl: false, make)
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

    /// The next control record; batches of events before it are passed over by their headers alone.
    func fetchControl() throws(LogError) -> (found: (record: ControlRecord, offset: UInt64)?, position: UInt64) {
        if let failure { throw failure }
        return try retrying { () throws(LogError) in
            while try hasMore() {
                let next = try read(onlyControl: true) { batch throws(CursorFailure) in try entry(batch) }
                if case .control(let record, let offset) = next.entry {
                    return ((record, offset), position)
                }
            }
            return (nil, position)
        }
    }

    // What looks like damage may be records that were given up meanwhile, or segments that were replaced by a compacted one.
    private func retrying<Result>(_ body: () throws(LogError) -> Result) throws(LogError) -> Result {
        try checkStart(tail.firstOffset)
        do {
            return try body()
        } catch {
            try checkStart(finder.view.firstOffset())
            if try finder.list() {
                cursor = nil
                return try body()
            }
            if error.code == .damaged { failure = error }
            throw error
        }
    }

    private func checkStart(_ first: UInt64) throws(LogError) {
        guard position < first else { return }
        throw PartitionStart.outOfRange(position, of: partition, first..<max(first, finder.committed.nextOffset))
    }

    /// Goes behind the damage that the last fetch threw; the offsets that are passed over.
    func skipDamage() throws(LogError) -> Range<UInt64>? {
        guard let failure else { return nil }
        guard failure.code == .damaged else { throw failure }
        let end = failure.place.offsets?.upperBound ?? finder.nextSegmentBase(after: position)
        let skipped = position..<max(position, min(end, finder.committed.nextOffset))
        position = skipped.upperBound
        cursor = nil
        self.failure = nil
        return skipped
    }

    /// What the writer of this process still holds from `position` on, not read from the file.
    private func newest<Entry>(
        _ byteLimit: Int, _ make: (SegmentCursor.Batch) throws(CursorFailure) -> Entry
    ) -> [Entry] {
        let batches = tail.batches(from: position, byteLimit: byteLimit)
        var entries: [Entry] = []
        let start = position
        for batch in batches where batch.header.nextOffset <= finder.committed.nextOffset {
            guard !batch.header.belongsToLog else {
                position = batch.header.nextOffset
                continue
            }
            // Whether a row of a transaction counts is found in the files.
            guard !batch.header.flags.contains(.transactional) else { break }
            let end = BatchHeader.byteCount + Int(batch.header.storedBytes)
            let held = SegmentCursor.Batch(
                header: batch.header, slab: batch.slab, body: BatchHeader.byteCount..<end)
            // What another process has made and cannot be read is found damaged in the files.
            guard let entry = try? make(held) else { break }
            entries.append(entry)
            position = batch.header.nextOffset
        }
        if position > start { cursor = nil }
        return entries
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
                if watch == nil { watch = finder.view.storage.watch(finder.view.directory) }
                let seen = watch?.changes ?? 0
                if try hasMore() { return }
                if let watch {
                    await watch.wait(beyond: seen, atMost: limits.watchedPollInterval)
                } else {
                    await timer.sleep(for: limits.foreignWriterPollInterval)
                    if Task.isCancelled { throw cancelled }
                }
            }
        }
    }

    func close() {
        cursor = nil
        finder.close()
        watch = nil
        failure = LogError(.closed, "the reader of \(partition) is closed", place: .init(partition: partition))
    }

    private var tail: PartitionTail { finder.view.tail }

    private var cancelled: LogError {
        LogError(.cancelled, "waiting at the end of \(partition) was cancelled", place: .init(partition: partition))
    }

    func outOfRange(_ offset: UInt64) -> LogError {
        PartitionStart.outOfRange(offset, of: partition, finder.held)
    }

    private func hasMore() throws(LogError) -> Bool {
        if position < finder.committed.nextOffset { return true }
        try finder.refresh()
        cursor?.forgetFetched()
        return position < finder.committed.nextOffset
    }

    /// Reads the entry at `position`, or passes over it where it is events and only control records are wanted.
    private func read<Entry>(
        onlyControl: Bool, _ make: (SegmentCursor.Batch) throws(CursorFailure) -> Entry
    ) throws(LogError) -> (entry: Entry?, bytes: Int) {
        var cursor: SegmentCursor
        if let current = self.cursor.take() { cursor = current } else { cursor = try finder.cursor(holding: position) }
        do {
            try followSuccessor(&cursor)
            guard let header = try nextHeader(&cursor) else { return (nil, 0) }
            var isPassedOver = header.belongsToLog || onlyControl && !header.flags.contains(.control)
            if !isPassedOver { isPassedOver = try !isVisible(header, cursor) }
            let batch = isPassedOver ? nil : try cursor.batch(header, parts: parts)
            let entry = try batch.map { batch throws(CursorFailure) in try make(batch) }
            cursor.advance(past: header)
            position = header.nextOffset
            self.cursor = cursor
            return (entry, batch?.body.count ?? 0)
        } catch {
            throw failed(error, cursor)
        }
    }

    private func isVisible(_ header: BatchHeader, _ cursor: SegmentCursor) throws(CursorFailure) -> Bool {
        do {
            return try visibility.isVisible(header, at: cursor, finder.view, readable: finder.committed.nextOffset)
        } catch {
            throw .log(error)
        }
    }

    // Another segment that begins at this offset takes over: the current one was sealed here, or its owner gave it up.
    private func followSuccessor(_ cursor: inout SegmentCursor) throws(CursorFailure) {
        guard let successor = finder.successor(of: cursor.segment.name, at: cursor.offset) else { return }
        do { cursor = try finder.cursor(successor) } catch { throw .log(error) }
    }

    // Nil at the end of a compacted segment: what it stands for goes on to where the next one begins, and so does the position.
    private func nextHeader(_ cursor: inout SegmentCursor) throws(CursorFailure) -> BatchHeader? {
        if let end = cursor.compactedEnd {
            guard end > position else {
                throw .log(finder.missing(position, upTo: finder.nextSegmentBase(after: position)))
            }
            position = end
            return nil
        }
        do {
            return try cursor.header()
        } catch {
            // The list of segments may be older than the committed position.
            guard case .defect(.endOfFile) = error else { throw error }
            let before = cursor.segment.name
            do { try finder.list() } catch { throw .log(error) }
            if finder.names.contains(before) {
                try followSuccessor(&cursor)
            } else {
                do { cursor = try finder.cursor(holding: position) } catch { throw .log(error) }
            }
            guard cursor.segment.name != before else { throw error }
            return cursor.compactedEnd == nil ? try cursor.header() : try nextHeader(&cursor)
        }
    }

    private func entry(_ batch: SegmentCursor.Batch) throws(CursorFailure) -> LogEntry {
        do {
            if batch.header.flags.contains(.control) {
                return .control(try ControlRecord(decoding: batch.bytes), offset: batch.header.baseOffset)
            }
            return .records(
                try RecordBatch(batch.header, slab: batch.slab, at: batch.body.lowerBound, from: position, parts: parts)
            )
        } catch let defect as BatchDefect {
            throw .defect(defect)
        } catch {
            throw .defect(.layout("\(error)"))
        }
    }

    func failed(_ failure: CursorFailure, _ cursor: SegmentCursor) -> LogError {
        switch failure {
        case .log(let error): error
        case .defect(let defect): damage(defect, cursor)
        }
    }

    private func damage(_ defect: BatchDefect, _ cursor: SegmentCursor) -> LogError {
        let behind = try? cursor.intactHeaderBehind()
        let end = behind?.baseOffset ?? finder.nextSegmentBase(after: cursor.offset)
        return cursor.segment.file.damage(
            defect, at: cursor.position,
            offsets: cursor.offset..<max(cursor.offset + 1, min(end, finder.committed.nextOffset)))
    }
}
