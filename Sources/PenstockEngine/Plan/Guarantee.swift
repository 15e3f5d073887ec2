/// Which parts of a plan are outside the replay guarantee, and why.
///
/// A replay gives the same records in the same order behind every stage, but for those named here: a stage whose results depend on the clock, on
/// how fast something is read, or on the world, and everything that comes from it through channels, side outputs and topics. What stands
/// behind `Persist` is inside again: a replay takes what was recorded.
struct Guarantee {
    /// Why the results of a stage may differ from those of a replay.
    struct Reason: Hashable {
        /// The stage.
        let stage: StageName
        /// The word for its kind.
        let label: String
        /// What it depends on, or does.
        let cause: String
        /// Whether it drops events.
        var isLossy = false

        var text: String {
            let name = stage.stage == label ? label : "\(label) (\(stage.stage))"
            return "\(name) in the flow \"\(stage.flow)\" (\(cause))"
        }
    }

    private let plan: PhysicalPlan
    /// For each stage the reasons behind its source, behind each of its operators in turn: one more than it has operators.
    private var reasons: [[[Reason]]]
    /// For each stage whether its events come from several origins and are not in canonical order.
    private var isMixed: [Bool]

    init(_ plan: PhysicalPlan) {
        self.plan = plan
        reasons = plan.stages.map { Array(repeating: [], count: $0.operators.count + 1) }
        isMixed = plan.stages.map { _ in false }
        // Edges point to later stages, but topics may be read before they are written: until nothing changes any more.
        var before: [[[Reason]]] = []
        while before != reasons {
            before = reasons
            for stage in plan.stages { examine(stage) }
        }
    }

    /// The reasons why what comes out at the end of a stage is outside.
    func reasons(atEndOf stage: Int) -> [Reason] { reasons[stage].last ?? [] }

    /// The reasons why what a stage takes in is outside.
    func reasons(atInputOf stage: Int) -> [Reason] { reasons[stage].first ?? [] }

    /// The names of what stands outside in a stage.
    func outsideSteps(of stage: PhysicalStage) -> [String] {
        var steps: [String] = []
        if let source = stage.input.sourceName, !reasons(atInputOf: stage.index).isEmpty { steps.append(source.stage) }
        for (place, planned) in stage.operators.enumerated() where !reasons[stage.index][place + 1].isEmpty {
            steps.append(planned.name.stage)
        }
        guard !reasons(atEndOf: stage.index).isEmpty else { return steps }
        switch stage.output {
        case .sink(let name, _), .topic(let name, _, _, _), .leftOut(let name, _): steps.append(name.stage)
        case .channels: break
        }
        return steps
    }

    // MARK: Following the events

    private mutating func examine(_ stage: PhysicalStage) {
        var all = incoming(stage)
        var isMixed = stage.partitions > 1
        let edges = plan.edges.filter { $0.to == stage.index }
        if !stage.mergesInOrder {
            isMixed = isMixed || edges.count > 1 || edges.contains { self.isMixed[$0.from] || $0.port != nil }
        }
        reasons[stage.index][0] = all
        for (place, planned) in stage.operators.enumerated() {
            let description = planned.description
            for cause in causes(of: description, isMixed: isMixed) {
                var isLossy = false
                if case .lossy = description.kind { isLossy = true }
                add([Reason(stage: planned.name, label: description.label, cause: cause, isLossy: isLossy)], to: &all)
            }
            reasons[stage.index][place + 1] = all
            if description.hasOwnOrigin { isMixed = false }
        }
        self.isMixed[stage.index] = isMixed
    }

    private func incoming(_ stage: PhysicalStage) -> [Reason] {
        var all: [Reason] = []
        for edge in plan.edges where edge.to == stage.index {
            // The place of an operator's results is one behind that of what it takes; a source's are at the beginning.
            let places = reasons[edge.from]
            add(places[edge.port.map { $0.operatorIndex + 1 } ?? places.count - 1], to: &all)
        }
        if case .topic(_, let topic, _, _, isPersisted: false) = stage.input {
            for writer in plan.stages {
                if writer.topicWritten == topic { add(reasons(atEndOf: writer.index), to: &all) }
            }
        }
        guard let name = stage.input.sourceName else { return all }
        if plan.mayBeLeftOut(stage) {
            add(
                [Reason(stage: name, label: "From", cause: "partitions that are idle are left out by the clock")],
                to: &all)
        }
        if let cause = stage.unrepeatable { add([Reason(stage: name, label: "From", cause: cause)], to: &all) }
        return all
    }

    private func causes(of description: StageDescription, isMixed: Bool) -> [String] {
        var causes: [String] = []
        if let cause = description.unrepeatable { causes.append(cause) }
        switch description.kind {
        case .lossy: causes.append("drops events")
        case .aggregate(_, let aggregate):
            if aggregate.emission.earlyEvery != nil { causes.append("early rows") }
            if aggregate.emission.allowedLateness > 0, aggregate.emission.lateRows == .eachEvent, isMixed {
                causes.append("a row after each late event, and events of several origins")
            }
        default: break
        }
        return causes
    }

    private func add(_ reasons: [Reason], to all: inout [Reason]) {
        for reason in reasons where !all.contains(reason) { all.append(reason) }
    }
}

extension PhysicalPlan {
    /// Notes which outputs come again in a replay, and refuses sinks that would keep exactly once what is not all there was. Rows that may come
    /// out differently get into topics by transactions.
    mutating func noteRepeatability() throws(EngineError) {
        let guarantee = Guarantee(self)
        for stage in stages {
            let reasons = guarantee.reasons(atEndOf: stage.index)
            // A feedback goes on from what its topic has, which is what its reader has seen.
            stages[stage.index].isRepeatable = reasons.isEmpty || writesFeedback(stage)
            if case .topic(_, _, _, nil) = stage.output, !reasons.isEmpty {
                stages[stage.index].delivery = .transactions
            }
            if let loss = reasons.first(where: \.isLossy) { try refuse(stage, behind: loss) }
        }
    }

    private func writesFeedback(_ stage: PhysicalStage) -> Bool {
        guard case .topic(_, _, _, let reader?) = stage.output else { return false }
        return stages[reader].feedback != nil
    }

    private func refuse(_ stage: PhysicalStage, behind loss: Guarantee.Reason) throws(EngineError) {
        let cause = "\(loss.label) in the flow \"\(loss.stage.flow)\" drops events"
        switch stage.output {
        case .topic(let name, _, _, _?) where writesFeedback(stage):
            if !stage.allowsLossy { throw refusal(of: name, cause) }
        case .topic(let name, let topic, _, _?):
            throw .plan(
                problem:
                    "\(name.stage) in the flow \"\(name.flow)\" records in the topic \"\(topic)\" what is not all: \(cause)",
                hint: "put \(name.stage) before \(loss.label)")
        case .topic(let name, _, _, nil) where !stage.allowsLossy: throw refusal(of: name, cause)
        case .sink(let name, let sink) where sink.delivery == .exactlyOnce && !stage.allowsLossy:
            throw refusal(of: name, cause)
        case .topic, .sink, .leftOut, .channels: return
        }
    }

    private func refusal(of sink: StageName, _ cause: String) -> EngineError {
        .plan(
            problem: "\(sink.stage) in the flow \"\(sink.flow)\" keeps each row exactly once, but \(cause) before it",
            hint: "write before the events are dropped, or say that it is meant: To(…, allowLossy: true)")
    }
}

extension PhysicalStage {
    /// What becomes of the rows of the output over a restart, for `explain`; nil for channels.
    var deliverySummary: String? {
        switch output {
        case .channels, .leftOut: nil
        case .topic where delivery == .transactions:
            "exactly once: in transactions, visible when their checkpoint is complete"
        case .topic where isRepeatable: "exactly once: what comes again is passed over"
        case .topic: "at least once: what comes again may differ, so that nothing is passed over"
        case .sink(_, let sink):
            switch sink.delivery {
            case .exactlyOnce: "exactly once: cut at the checkpoint and written on"
            case .atLeastOnce: "at least once: rows behind the checkpoint come again with the same keys"
            case .none: "not said what becomes of it over a restart"
            }
        }
    }

    /// The topic to which it appends, or nil.
    fileprivate var topicWritten: String? {
        if case .topic(_, let topic, _, _) = output { topic } else { nil }
    }
}

extension StageDescription {
    /// Whether its rows are of one origin, whatever its events were.
    fileprivate var hasOwnOrigin: Bool {
        switch kind {
        case .aggregate, .operation: true
        default: false
        }
    }
}
