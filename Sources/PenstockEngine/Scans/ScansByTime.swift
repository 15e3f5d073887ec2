internal import PenstockEvents

/// Windows of scans by time: begin and end markers open and close them, lane by lane; the key is the lane.
///
/// An event with begin <= t < end belongs to the scan. Markers have their turn one instant before their time, behind the events there: so a
/// scan closes with its last instant, and the next one opens before the events of its first. Ends come before begins.
struct ScansByTime<Lane: EventKey, ID: EventKey, Value: Sendable>: OrderedProcess {
    typealias Key = Lane
    typealias Row = Scan<ID, Value>

    let mark: @Sendable (Value) -> ScanMark<ID>
    let maxDuration: Int64?

    let open = ListState("open scan", of: OpenScan.self)
    let id = ListState("scan", of: CanonicalBytes.self)
    let events = ListState("events", of: Value.self)
    /// The last scans that have closed, to tell late events from those of no scan.
    let closed = ListState("closed scans", of: OpenScan.self)
    let closedIDs = ListState("closed names", of: CanonicalBytes.self)
    /// Scans that have ended before they have begun.
    let strays = ListState("stray ends", of: CanonicalBytes.self)

    /// The begin of a scan, and its end where that is known.
    struct OpenScan: Sendable, BitwiseCopyable {
        let begin: Int64
        var end: Int64 = .max
    }

    private static var closedScans: Int { 64 }

    /// What is at an instant is known when the markers of the next one are.
    var delay: Int64 { 1 }

    func turn(of event: Value, at effectiveTime: Int64) -> PendingRows.Turn {
        switch mark(event) {
        case .data: (effectiveTime, 1)
        case .end: (effectiveTime < .max ? effectiveTime - 1 : effectiveTime, 2)
        case .begin: (effectiveTime < .max ? effectiveTime - 1 : effectiveTime, 3)
        }
    }

    func hold(_ state: KeyedState) -> Int64? { nil }

    func process(
        _ event: Value, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Row>,
        context: ProcessContext<Lane>
    ) throws {
        let clock = context.clock.nanoseconds
        switch mark(event) {
        case .data:
            take(event, context, state, &output)
        case .begin(let id):
            let name = CanonicalBytes(id)
            if state[strays].contains(name) {
                throw EmptyScan(stage: context.stage, id: "\(id)", begin: context.time.nanoseconds)
            }
            if state.count(of: open) > 0 { close(at: clock + 1, isComplete: false, state, &output) }
            timers.cancel("longest")
            state[open] = [OpenScan(begin: clock + 1)]
            state[self.id] = [name]
            if let maxDuration { timers.set("longest", at: Timestamp(nanoseconds: clock + maxDuration)) }
        case .end(let id):
            let name = CanonicalBytes(id)
            guard state[self.id].first == name else {
                if !state[closedIDs].contains(name) { keep(name, in: strays, state) }
                // The marker has its turn one instant before its effective time.
                output.leave(event, at: .late, time: context.time, effective: clock + 1)
                return
            }
            timers.cancel("longest")
            close(at: clock + 1, isComplete: true, state, &output)
        }
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Row>,
        context: ProcessContext<Lane>
    ) {
        // At the end of input a scan is as long as the input.
        guard !timer.isEndOfInput else { return }
        close(at: context.clock.nanoseconds + 1, isComplete: false, state, &output)
    }

    func finish(last: Int64, state: KeyedState, output: inout ProcessOutput<Row>) {
        guard let scan = state[open].first else { return }
        close(at: max(last, scan.begin) + 1, isComplete: false, state, &output, isAtEnd: true)
    }

    private func take(
        _ event: Value, _ context: ProcessContext<Lane>, _ state: KeyedState, _ output: inout ProcessOutput<Row>
    ) {
        let time = context.time.nanoseconds
        if let scan = state[open].first, time >= scan.begin { return state.append(event, to: events) }
        let isLate = state[closed].contains { $0.begin <= time && time < $0.end }
        output.leave(
            event, at: isLate ? .late : .outside, time: context.time, effective: context.clock.nanoseconds)
    }

    private func close(
        at end: Int64, isComplete: Bool, _ state: KeyedState, _ output: inout ProcessOutput<Row>,
        isAtEnd: Bool = false
    ) {
        guard var scan = state[open].first, let id = state[id].first else { return }
        scan.end = end
        output.appendHeld(
            Scan(id: id.key(), window: WindowSpan(scan.begin, end), events: state[events], isComplete: isComplete),
            at: end - 1, isAtEnd: isAtEnd)
        state.clear(open)
        state.clear(self.id)
        state.clear(events)
        keep(scan, in: closed, state)
        keep(id, in: closedIDs, state)
    }

    private func keep<Element>(_ element: Element, in list: ListState<Element>, _ state: KeyedState) {
        if state.count(of: list) == Self.closedScans { state.removeFirst(1, of: list) }
        state.append(element, to: list)
    }
}

/// A key as a value of a state.
struct CanonicalBytes: Codable, Sendable, Hashable {
    let bytes: [UInt8]

    init(_ key: some EventKey) { bytes = key.withCanonicalBytes { Array($0) } }

    func key<Key: EventKey>(as type: Key.Type = Key.self) -> Key { bytes.withUnsafeBytes { Key(canonicalBytes: $0) } }
}
