/// Stands first behind a lossy edge: passes everything on and says how much the edge has dropped.
struct LossyInput: Processor {
    private let inbox: Inbox
    private var output = ElementSlot()

    init(_ inbox: Inbox) { self.inbox = inbox }

    mutating func accept(_ element: StreamElement) { output.put(element) }

    mutating func next() -> StreamElement? { output.take() }

    var statistics: OperatorStatistics { OperatorStatistics(droppedEvents: inbox.lostEvents) }
}
