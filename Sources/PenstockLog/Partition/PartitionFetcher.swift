internal import PenstockEvents

/// The part of a reader that touches files: finds, reads and verifies batches, on a thread of the log.
actor PartitionFetcher {
    private let partition: TopicPartition
    private var position: UInt64

    private let thread: StorageThread
    private let limits: LogLimits
    private let parts: RecordParts
    private var finder: SegmentFinder
    private var cursor: SegmentCursor?
    private var failure: LogError?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ view: PartitionView, parts: RecordParts, limits: LogLimits, thread: StorageThread) {
        partition = view.partition
        position = 0
        finder = SegmentFinder(view, limits: limits)
        self.parts = parts
        self.limits = limits
        self.thread = thread
    }

    /// Goes to where reading begins, and says which offset that is.
    func open(at start: ReadPosition) throws(LogError) -> UInt64 {
        try finder.refresh()
        switch start {
        case .earliest: position = finder.earliest
        case .end: position = finder.committed.nextOffset
        case .time(let time): position = try finder.offset(of: time) ?? finder.committed.nextOffset
        case .offset(let offset):
            guard offset >= finder.earliest, offset <= finder.committed.nextOffset else { throw outOfRange(offset) }
            position = offset
        }
        return position
    }

    /// The next batches and control records, together at least one and hardly more than a window of bytes; none at the end of what is
    /// committed. What stands before damage is delivered first, then the error each time.
    func fetch() throws(LogError) -> [LogEntry] {
        if let failure { throw failure }
        var entries: [LogEntry] = []
        var bytes = 0
        do {
            while bytes < limits.fetchBytes, entries.isEmpty ? try hasMore() : position < finder.committed.nextOffset {
                let (entry, size) = try read(onlyControl: false)
                if let entry { entries.append(entry) }
                bytes += size
            }
        } catch {
            guard entries.isEmpty else { return entries }
            if error.code == .damaged { failure = error }
            throw error
        }
        return entries
    }

    /// The next control record; batches of events before it are passed over by their headers alone.
    func fetchControl() throws(LogError) -> (record: ControlRecord, offset: UInt64)? {
        if let failure { throw failure }
        do {
            while try hasMore() {
                if case .control(let record, let offset) = try read(onlyControl: true).entry { return (record, offset) }
            }
            return nil
        } catch {
            if error.code == .damaged { failure = error }
            throw error
        }
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

    /// What `selection` takes of the payloads of `offsets`; the reading position stays.
    func payloads(of offsets: [UInt64], _ selection: PayloadSelection) throws(LogError) -> [Payload] {
        if let failure, failure.code == .closed { throw failure }
        var payloads: [Payload] = []
        payloads.reserveCapacity(offsets.count)
        while payloads.count < offsets.count {
            let offset = offsets[payloads.count]
            if offset >= finder.committed.nextOffset { try finder.refresh() }
            guard offset >= finder.earliest, offset < finder.committed.nextOffset else { throw outOfRange(offset) }
            var cursor = try finder.cursor(holding: offset)
            do {
                let header = try cursor.header()
                let together = offsets[payloads.count...].prefix { $0 >= header.baseOffset && $0 < header.nextOffset }
                let fetch = PayloadFetch(selection: selection, partition: partition, cursor: cursor)
                payloads += try fetch.payloads(of: together, in: header)
            } catch {
                throw failed(error, cursor)
            }
        }
        return payloads
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
        finder.close()
        failure = LogError(.closed, "the reader of \(partition) is closed", place: .init(partition: partition))
    }

    private var tail: PartitionTail { finder.view.tail }

    private var cancelled: LogError {
        LogError(.cancelled, "waiting at the end of \(partition) was cancelled", place: .init(partition: partition))
    }

    private func outOfRange(_ offset: UInt64) -> LogError {
        let (earliest, end) = (finder.earliest, finder.committed.nextOffset)
        return LogError(
            .offsetOutOfRange, "\(partition) has no offset \(offset): it holds \(earliest)..<\(end)",
            hint: "read from \(offset < earliest ? earliest : end)",
            place: .init(partition: partition, offsets: earliest..<end))
    }

    private func hasMore() throws(LogError) -> Bool {
        if position < finder.committed.nextOffset { return true }
        try finder.refresh()
        cursor?.forgetFetched()
        return position < finder.committed.nextOffset
    }

    /// Reads the entry at `position`, or passes over it where it is events and only control records are wanted.
    private func read(onlyControl: Bool) throws(LogError) -> (entry: LogEntry?, bytes: Int) {
        var cursor: SegmentCursor
        if let current = self.cursor.take() { cursor = current } else { cursor = try finder.cursor(holding: position) }
        do {
            try followSuccessor(&cursor)
            let header = try nextHeader(&cursor)
            let isPassedOver = onlyControl && !header.flags.contains(.control)
            let batch = isPassedOver ? nil : try cursor.batch(header, parts: parts)
            let entry = try batch.map { batch throws(CursorFailure) in try self.entry(batch) }
            cursor.advance(past: header)
            position = header.nextOffset
            self.cursor = cursor
            return (entry, batch?.byteCount ?? 0)
        } catch {
            throw failed(error, cursor)
        }
    }

    // Another segment that begins at this offset takes over: the current one was sealed here, or its owner gave it up.
    private func followSuccessor(_ cursor: inout SegmentCursor) throws(CursorFailure) {
        guard let successor = finder.successor(of: cursor.segment.name, at: cursor.offset) else { return }
        do { cursor = try finder.cursor(successor) } catch { throw .log(error) }
    }

    private func nextHeader(_ cursor: inout SegmentCursor) throws(CursorFailure) -> BatchHeader {
        do {
            return try cursor.header()
        } catch {
            // The list of segments may be older than the committed position.
            guard case .defect(.endOfFile) = error else { throw error }
            do { try finder.list() } catch { throw .log(error) }
            let before = cursor.segment.name
            try followSuccessor(&cursor)
            guard cursor.segment.name != before else { throw error }
            return try cursor.header()
        }
    }

    private func entry(_ batch: SegmentCursor.Batch) throws(CursorFailure) -> LogEntry {
        do {
            if batch.header.flags.contains(.control) {
                return .control(try ControlRecord(decoding: batch.body), offset: batch.header.baseOffset)
            }
            return .records(
                try RecordBatch(batch.header, slab: batch.slab, at: batch.start, from: position, parts: parts))
        } catch let defect as BatchDefect {
            throw .defect(defect)
        } catch {
            throw .defect(.layout("\(error)"))
        }
    }

    private func failed(_ failure: CursorFailure, _ cursor: SegmentCursor) -> LogError {
        switch failure {
        case .log(let error): error
        case .defect(let defect): damage(defect, cursor)
        }
    }

    private func damage(_ defect: BatchDefect, _ cursor: SegmentCursor) -> LogError {
        let behind = try? finder.intactHeader(behind: cursor)
        let end = behind?.header.baseOffset ?? finder.nextSegmentBase(after: cursor.offset)
        return cursor.segment.file.damage(
            defect, at: cursor.position,
            offsets: cursor.offset..<max(cursor.offset + 1, min(end, finder.committed.nextOffset)))
    }
}
