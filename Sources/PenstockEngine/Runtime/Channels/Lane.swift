internal import PenstockEvents

/// What one sender has sent and the receiver has not taken, in order.
///
/// At the end stand batches that still grow, one for each origin, and how far time has come behind them: small batches become one while
/// they wait, and a watermark that nobody has seen gives way to the next.
struct Lane {
    /// The most complete elements that a sender may have in the queue.
    static let capacity = 16

    /// The most bytes of batches that a sender may have in the queue: then it waits, however few they are.
    static let byteLimit = 4 << 20

    /// So many batches may always be there. What larger ones have more than their share of the bytes is not counted.
    static let fewest = 4

    private var elements: [StreamElement] = []
    /// The bytes of the complete batches, each at most its share.
    private var bytes = 0
    private var growing: [GrowingBatch] = []
    private var growingRows = 0
    private var watermark = Timestamp.distantPast
    private var passed = Timestamp.distantPast
    /// In place of all that, where the sender never waits.
    private var lossy: LossyLane?

    /// Whether the sender is left out of the watermark once what it sent has been taken; kept by the inbox.
    var isIdle = false
    /// When what stands first came; kept by the inbox.
    var arrival: UInt64 = 0
    /// The sender, where it waits for credit.
    var waiting: CheckedContinuation<Void, any Error>?

    init(_ policy: LossyEdge? = nil) { lossy = policy.map { LossyLane($0) } }

    /// Whether there is nothing to take.
    var isEmpty: Bool { lossy?.isEmpty ?? (elements.isEmpty && growing.isEmpty && watermark <= passed) }

    /// Whether there is something that should not wait for more: so much that the sender would soon have no credit, or more than events.
    var isUrgent: Bool {
        if let lossy { return lossy.isUrgent }
        guard let last = elements.last else { return growingRows >= GrowingBatch.rowLimit }
        guard case .batch = last else { return true }
        return elements.count >= Lane.capacity / 4 || bytes >= Lane.byteLimit / Lane.fewest
    }

    /// Whether the sender has credit for rows of small batches.
    var hasCredit: Bool {
        elements.count < Lane.capacity && bytes < Lane.byteLimit && growingRows < 2 * GrowingBatch.rowLimit
    }

    /// Whether the sender has credit for an element.
    func hasCredit(for element: StreamElement) -> Bool {
        if let lossy { return lossy.hasRoom(for: element) }
        if case .watermark = element { return true }
        return hasCredit
    }

    /// Whether a sender that waits for credit should go on: not for each element, so that it does not wait again at once.
    var hasCreditAgain: Bool {
        if lossy != nil { return true }
        return hasCredit && elements.count <= Lane.capacity * 3 / 4 && bytes <= Lane.byteLimit * 3 / 4
    }

    /// How many events have been dropped.
    var lostEvents: Int { lossy?.lost ?? 0 }

    /// The instant of the clock at which somebody has to call `open`, or nil.
    mutating func takeOpening() -> Int64? { lossy?.takeOpening() }

    /// An instant has come that `takeOpening` gave.
    mutating func open(at now: Int64) { lossy?.open(at: now) }

    /// How much of the sender's credit is used up, 0 to 1.
    var fill: Double {
        if let lossy { return lossy.fill }
        let rows = Double(growingRows) / Double(2 * GrowingBatch.rowLimit)
        let complete = max(
            Double(elements.count) / Double(Lane.capacity), Double(bytes) / Double(Lane.byteLimit))
        return min(max(complete, rows), 1)
    }

    /// Adds an element.
    mutating func append(_ element: StreamElement) {
        if lossy != nil {
            lossy?.append(element)
            return
        }
        switch element {
        case .watermark(let time):
            watermark = max(watermark, time)
        case .batch(let batch) where GrowingBatch.takes(batch):
            append(batch, batch.rows)
        case .batch(let batch):
            complete(isFollowedByBatch: true)
            watermark = max(watermark, batch.watermark)
            passed = watermark
            put(element)
        case .control, .barrier, .end:
            complete(isFollowedByBatch: false)
            put(element)
        }
    }

    private mutating func put(_ element: StreamElement) {
        bytes += element.queuedBytes
        elements.append(element)
    }

    /// Adds some rows of a small batch.
    mutating func append(_ batch: Batch, _ rows: Rows) {
        watermark = max(watermark, batch.watermark)
        guard rows.count > 0 else { return }
        let place = growing.firstIndex { $0.origin == batch.origin } ?? growing.count
        if place == growing.count { growing.append(GrowingBatch(like: batch)) }
        growing[place].append(batch, rows)
        growingRows += rows.count
        if growingRows >= GrowingBatch.rowLimit, elements.count < Lane.capacity { complete(isFollowedByBatch: false) }
    }

    /// Takes the first element; `now` is the clock's time.
    mutating func popFirst(at now: @autoclosure () -> Int64) -> StreamElement? {
        if lossy != nil { return lossy?.popFirst(at: now()) }
        if elements.isEmpty { complete(isFollowedByBatch: false) }
        guard !elements.isEmpty else { return nil }
        let element = elements.removeFirst()
        bytes -= element.queuedBytes
        return element
    }

    /// Nothing is added to what grows any more. Time comes as far as the sender said only behind all of it.
    private mutating func complete(isFollowedByBatch: Bool) {
        for (k, batch) in growing.enumerated() {
            let isLast = k == growing.count - 1
            put(.batch(batch.batch(watermark: isLast ? watermark : passed)))
        }
        if growing.isEmpty, watermark > passed, !isFollowedByBatch { elements.append(.watermark(watermark)) }
        if !growing.isEmpty || !isFollowedByBatch { passed = watermark }
        growing.removeAll(keepingCapacity: true)
        growingRows = 0
    }
}

extension StreamElement {
    /// The bytes that it takes up in a queue, at most its share. What values refer to is not known: they count as large.
    fileprivate var queuedBytes: Int {
        guard case .batch(let batch) = self else { return 0 }
        let share = Lane.byteLimit / Lane.fewest
        return batch.values.element.destroy == nil ? min(batch.byteCount(ofRows: batch.count), share) : share
    }
}
