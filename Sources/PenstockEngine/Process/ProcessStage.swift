internal import PenstockEvents

/// What a process is told of the stage that it is.
struct ProcessOptions {
    let stage: StageName
    let origin: Origin
    let batchEvents: Int
    /// Whether each key has states of its own; without keys the stage has one instance.
    var isKeyed = true
    /// The most bytes of state of an instance.
    var stateLimit: Int?
    /// Where states go for which there is no room in memory; nil where all stay there.
    var spill: SpillRule?
    /// Whether events have their turn as they come.
    var isArrivalOrder = false
    var report: @Sendable (RunRemark) -> Void = { _ in }
}

/// What a process of the library changes about the order of its events and its rows.
struct ProcessRules<P: KeyedProcess> {
    var turn: (@Sendable (UnsafeRawPointer, Int64) -> PendingRows.Turn)?
    /// How far events have their turn before their effective time: so much longer all waits.
    var delay: Int64 = 0
    var hold: (@Sendable (P, KeyedState) -> Int64?)?
    var finish: (@Sendable (P, Int64, KeyedState, inout ProcessOutput<P.Out>) throws -> Void)?
}

extension ProcessRules where P: OrderedProcess {
    init(of process: P) {
        turn = { value, time in process.turn(of: value.assumingMemoryBound(to: P.In.self).pointee, at: time) }
        delay = process.delay
        hold = { $0.hold($1) }
        finish = { try $0.finish(last: $1, state: $2, output: &$3) }
    }
}

extension AnyOperator {
    /// Work on the events of each key, one after the other, in as many instances as the stage has.
    /// - Parameters:
    ///   - memoryLimit: About how many bytes of states an instance keeps in memory, the others on disk; nil for all.
    ///   - stateLimit: About how many bytes the states of an instance may take; nil for no limit.
    ///   - isArrivalOrder: Whether events have their turn as they come, without waiting for the watermark.
    public init<P: KeyedProcess>(
        _ process: P, memoryLimit: Int? = nil, stateLimit: Int? = nil, isArrivalOrder: Bool = false
    ) {
        var rules = ProcessRules<P>()
        if isArrivalOrder { rules.turn = PendingRows.asTheyCome }
        self.init(
            process, rules, isKeyed: true, memoryLimit: memoryLimit, stateLimit: stateLimit,
            isArrivalOrder: isArrivalOrder)
    }

    /// A process of the library; without keys it has one instance.
    init<P: OrderedProcess>(ordered process: P, isKeyed: Bool, stateLimit: Int? = nil) {
        self.init(process, ProcessRules(of: process), isKeyed: isKeyed, stateLimit: stateLimit)
    }

    private init<P: KeyedProcess>(
        _ process: P, _ rules: ProcessRules<P>, isKeyed: Bool, memoryLimit: Int? = nil, stateLimit: Int?,
        isArrivalOrder: Bool = false
    ) {
        let states = process.states.map(\.definition)
        let form = states.map { "\($0.name): \($0.form)" }.joined(separator: ", ")
        self.init(
            summary: (states.isEmpty ? "\(P.self)" : "\(P.self) with \(form)")
                + (isArrivalOrder ? ", in the order of arrival" : "")
                + (process.usesProcessingTime ? ", timers by the machine's clock" : ""), output: ValueType(P.Out.self),
            isKeyed: isKeyed, ordersEvents: true, defect: Self.defect(of: states, memoryLimit, stateLimit)
        ) { context, origin in
            let options = ProcessOptions(
                stage: context.stage, origin: origin, batchEvents: context.batchEvents, isKeyed: isKeyed,
                stateLimit: stateLimit,
                spill: memoryLimit.map { SpillRule(memoryLimit: $0, folder: context.spillFolder) },
                isArrivalOrder: isArrivalOrder, report: context.report)
            return KeyedProcessor(process, options, rules)
        }
        if let memoryLimit {
            spills = true
            details = ", states above \(memoryLimit) bytes on disk"
        }
        isWaking = process.usesProcessingTime
        if process.usesProcessingTime { unrepeatable = "processing time" }
        if isArrivalOrder { unrepeatable = "order of arrival" }
    }

    private static func defect(
        of states: [StateDefinition], _ memoryLimit: Int?, _ stateLimit: Int?
    ) -> String? {
        var names: Set<String> = []
        for state in states {
            if !names.insert(state.name).inserted { return "two states are named \"\(state.name)\"" }
            if let defect = state.timeToLive?.defect { return "the state \"\(state.name)\": \(defect)" }
        }
        if let memoryLimit {
            if memoryLimit <= 0 { return "a limit of \(memoryLimit) bytes of state in memory is not possible" }
            for state in states {
                guard let type = state.makeTable(state.timeToLive).unwritableType else { continue }
                return
                    "the state \"\(state.name)\" cannot be written to disk: make \(type) an Event, a struct of plain numbers, "
                    + "or Codable; or leave memoryLimit out"
            }
        }
        if let stateLimit, stateLimit <= 0 { return "a limit of \(stateLimit) bytes of state is not possible" }
        return nil
    }
}

/// A process has put out an event whose time has passed already.
struct RowBeforeClock: Diagnostic {
    let stage: StageName
    let time: Int64
    let clock: Int64

    var summary: String { "stage \(stage) put out an event at \(time) ns when its clock was at \(clock) ns" }
    var hint: String? { "leave the time out to give it the clock's, or give it a later one within +-2^62 ns" }
    var category: FailureCategory { .usage }
}

/// The author's code has thrown for a timer.
struct TimerFailed: Diagnostic {
    let stage: StageName
    let timer: FiredTimer
    let error: any Error

    var summary: String {
        (error as? any Diagnostic)?.summary
            ?? "stage \(stage) failed at its timer \"\(timer.name)\" for \(timer.time.nanoseconds) ns: \(error)"
    }
    var hint: String? { (error as? any Diagnostic)?.hint }
    var category: FailureCategory { (error as? any Diagnostic)?.category ?? .software }
}

/// A stage has kept more than it may.
struct StateOverLimit: Diagnostic {
    let stage: StageName
    let bytes: Int
    let limit: Int
    let keys: Int

    var summary: String {
        "stage \(stage): an instance keeps about \(bytes) bytes of state for \(keys) keys, more than the limit of \(limit)"
    }
    var hint: String? { "raise stateLimit, give the states a time to live, or use more instances: .parallelism(…)" }
    var category: FailureCategory { .data }
}
