internal import PenstockEvents

/// A look at every file of one partition, without its lock and without writing.
struct PartitionVerification {
    let partition: TopicPartition
    /// The records' schema; nil where the topic's description cannot be read.
    let schema: Schema?
    let storage: any Storage
    let limits: LogLimits
    let view: PartitionView

    private(set) var report = VerificationReport()
    private var ledger = LedgerVerification(nil)
    /// The offset at which the next segment has to begin; nil where a file went away meanwhile.
    private var expected: UInt64? = 0
    /// Everything below was given up: segments there are garbage of a crash, and some of them may be gone already.
    private var firstOffset: UInt64 = 0

    init(_ view: PartitionView, schema: Schema?) {
        partition = view.partition
        self.schema = schema
        storage = view.storage
        limits = view.limits
        self.view = view
    }

    /// - Parameter advanced: called with the number of bytes that were looked at since the last call; throws to stop.
    mutating func run(_ advanced: (Int) throws(LogError) -> Void) throws(LogError) {
        report.totals.partitions = 1
        let kind = try explained(partition) { () throws(StorageError) in try storage.kind(of: view.directory) }
        guard kind == .directory else {
            add(
                .damage, "the partition's directory is not there", offsets: nil, file: view.directory, position: nil,
                advice: "restore it from a copy")
            return
        }
        // First the ownership, then the segments: what was committed before is in the segments that are listed now.
        let isOwned = try explained(partition) { () throws(StorageError) in
            try storage.isLocked(view.directory + "/" + OwnerLock.fileName)
        }
        // Before the head, which is at least as far.
        let hasLedger = try readLedger()
        let head = try verifyHead()
        try verifyStart()
        let names = try view.segments()
        for (index, name) in names.enumerated() {
            let successor = index + 1 < names.count ? names[index + 1].baseOffset : nil
            let committed = isOwned ? head?.acknowledged ?? .max : .max
            let expectation = SegmentVerification.Expectation(
                schema: schema, limit: min(successor ?? .max, committed), acknowledged: head?.acknowledged ?? 0,
                isBeingWritten: isOwned && head != nil && successor == nil, hasSuccessor: successor != nil)
            try verify(name, expectation, advanced)
        }
        verifyEnd(head, last: names.last)
        if hasLedger { verifyLedger() }
        try verifyOpenTransaction(isOwned: isOwned)
    }

    private mutating func verify(
        _ name: SegmentName, _ expectation: SegmentVerification.Expectation,
        _ advanced: (Int) throws(LogError) -> Void
    ) throws(LogError) {
        let segment: SegmentFile
        do {
            segment = try view.open(name)
        } catch {
            try take(error, opening: name, expectation)
            return
        }
        verifyBeginning(of: segment)
        var verification = SegmentVerification(
            segment, storage: storage, limits: limits, expectation: expectation, ledger: ledger)
        var position = 0
        let end = try verification.run { reached throws(LogError) in
            try advanced(reached - position)
            position = reached
        }
        expected = max(end, firstOffset)
        ledger = verification.ledger
        report.add(verification.report)
        try advanced(verification.report.totals.bytes - position)
    }

    /// What it means that a segment cannot be opened.
    private mutating func take(
        _ error: LogError, opening name: SegmentName, _ expectation: SegmentVerification.Expectation
    ) throws(LogError) {
        let path = view.directory + "/" + name.fileName
        let isThere = try explained(partition) { () throws(StorageError) in try storage.kind(of: path) != nil }
        guard isThere else {
            // Retention or truncation took it away since the segments were listed.
            expected = nil
            return
        }
        guard [.damaged, .newerFormat, .foreignByteOrder].contains(error.code) else { throw error }
        let end = expectation.limit == .max ? max(expectation.acknowledged, name.baseOffset) : expectation.limit
        let lost = name.baseOffset < end ? name.baseOffset..<end : nil
        report.totals.segments += 1
        report.add(
            .init(
                error, topic: partition.topic,
                place: .init(partition: partition, offsets: lost, file: path, position: 0),
                advice: error.hint ?? "restore the file from a copy"))
        expected = expectation.hasSuccessor ? max(expectation.limit, firstOffset) : nil
    }

    private mutating func verifyBeginning(of segment: SegmentFile) {
        guard let expected, segment.name.baseOffset > expected else { return }
        add(
            .damage, "no segment holds these offsets", offsets: expected..<segment.name.baseOffset,
            file: segment.path, position: nil,
            advice: "restore the missing file from a copy; readers can go on at offset \(segment.name.baseOffset)")
    }

    /// Below the first offset everything was given up, so nothing is missing there.
    private mutating func verifyStart() throws(LogError) {
        do {
            firstOffset = try view.firstOffset()
            expected = firstOffset
        } catch {
            guard error.code == .damaged, let file = error.place.file else { throw error }
            expected = nil
            add(.damage, error.summary, offsets: nil, file: file, position: 0, advice: error.hint ?? "restore the file")
        }
    }

    private mutating func verifyHead() throws(LogError) -> CommittedPosition? {
        let path = view.directory + "/" + PartitionHead.fileName
        let (isThere, head) = try explained(partition) { () throws(StorageError) in
            (try storage.kind(of: path) != nil, try PartitionHead.read(in: view.directory, storage: storage))
        }
        if isThere, head == nil {
            add(
                .warning, "the head is damaged", offsets: nil, file: path, position: 0,
                advice: "nothing; it is a hint, and the next writer of the partition makes it again")
        }
        return head
    }

    /// Whether everything that the head says was acknowledged is in the segments.
    private mutating func verifyEnd(_ head: CommittedPosition?, last: SegmentName?) {
        guard let head, let expected, expected < head.acknowledged else { return }
        // The last segment has told already what it lacks, unless its seal says that it is complete.
        let alreadyTold = report.findings.contains {
            [.damage, .newerFormat].contains($0.severity) && ($0.place.offsets?.upperBound ?? 0) >= head.acknowledged
        }
        guard !alreadyTold else { return }
        add(
            .damage, "these offsets were acknowledged, and no segment holds them",
            offsets: expected..<head.acknowledged,
            file: view.directory, position: nil, advice: "restore the missing file from a copy")
    }

    /// Whether there is an intact ledger file; tells of one that is not.
    private mutating func readLedger() throws(LogError) -> Bool {
        let path = view.directory + "/" + LedgerFile.fileName
        let (isThere, saved) = try explained(partition) { () throws(StorageError) in
            let saved = try LedgerFile.read(
                in: view.directory, storage: storage, attempts: view.limits.readAttempts)
            return (try storage.kind(of: path) != nil, saved)
        }
        ledger = LedgerVerification(saved)
        if isThere, saved == nil {
            add(
                .warning, "the ledger of producers and transactions is damaged", offsets: nil, file: path, position: 0,
                advice: "nothing; the next writer makes it again, but for producers whose records were given up")
        }
        return saved != nil
    }

    private mutating func verifyLedger() {
        guard report.isIntact, ledger.isContradicted else { return }
        add(
            .warning, "the ledger of producers and transactions does not agree with the batches", offsets: nil,
            file: view.directory + "/" + LedgerFile.fileName, position: 0,
            advice: "remove the file while nobody writes to the partition; the next writer makes it again")
    }

    /// Rows of a transaction without an end do not count as readable, unless its home says that it is committed.
    private mutating func verifyOpenTransaction(isOwned: Bool) throws(LogError) {
        guard let open = ledger.open else { return }
        var outcome = TransactionOutcomes.Outcome.undecided
        do {
            if !isOwned, let known = try view.outcomes?.outcome(of: open.begin, isRelied: false) { outcome = known }
        } catch {
            // A home that cannot be read decides nothing; a look at its own topic tells why.
            guard error.code == .damaged || error.code == .newerFormat else { throw error }
        }
        if outcome == .committed { return }
        report.totals.records -= ledger.openRows.records
        report.totals.controlRecords -= ledger.openRows.controlRecords
        report.totals.openRecords += ledger.openRows.records
        guard !isOwned, report.isIntact else { return }
        let state = outcome == .aborted ? "was never committed" : "is not decided"
        add(
            .information, "transaction \(open.id) \(state); \(ledger.openRows.records) rows of it cannot be read",
            offsets: open.offset..<(expected ?? open.offset + 1), file: view.directory, position: nil,
            advice: "nothing; the next writer of the partition ends it")
    }

    private mutating func add(
        _ severity: VerificationReport.Severity, _ summary: String, offsets: Range<UInt64>?, file: String,
        position: Int?, advice: String
    ) {
        report.add(
            VerificationReport.Finding(
                severity, topic: partition.topic,
                place: .init(partition: partition, offsets: offsets, file: file, position: position),
                summary: summary, advice: advice))
    }
}
