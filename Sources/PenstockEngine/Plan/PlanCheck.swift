internal import PenstockEvents

/// What the compiler cannot see of a pipeline, looked at before anything runs.
struct PlanCheck {
    private let flows: [FlowDescription]

    init(_ flows: [FlowDescription]) { self.flows = flows }

    /// - Throws: `EngineError.plan` for the first thing that is wrong.
    func run() throws(EngineError) {
        guard !flows.isEmpty else {
            throw .plan(
                problem: "it has no flows", hint: "a body needs at least one Flow(\"name\") { From(…); …; To(…) }")
        }
        try checkNames()
        try checkUse()
        for flow in flows { for stage in flow.stages { try check(stage, in: flow) } }
        try UpdateCheck().run(flows)
        try checkTopics()
        try checkSides()
    }

    private func checkNames() throws(EngineError) {
        var seen: Set<String> = []
        for flow in flows {
            guard !flow.name.isEmpty else { throw .plan(problem: "a flow has an empty name", hint: nil) }
            guard !flow.name.contains("/") else {
                throw .plan(
                    problem: "the flow \"\(flow.name)\" has a slash in its name", hint: "a stage's id is flow/stage")
            }
            guard seen.insert(flow.name).inserted else {
                throw .plan(
                    problem: "two flows are named \"\(flow.name)\"",
                    hint: "state and positions hang on the names of flows: give each its own")
            }
            var stages: Set<String> = []
            for stage in flow.namedStages where !stages.insert(stage.name).inserted {
                throw .plan(problem: "two stages of the flow \"\(flow.name)\" are named \"\(stage.name)\"", hint: nil)
            }
        }
    }

    private func checkUse() throws(EngineError) {
        var used: Set<String> = []
        for flow in flows {
            for input in flow.inputFlows { used.insert(input.name) }
        }
        for flow in flows where !flow.hasSink && !used.contains(flow.name) {
            throw .plan(
                problem: "nobody uses the flow \"\(flow.name)\"",
                hint: "end it with To(…), name it as the first stage of another flow, or remove it")
        }
    }

    private func check(_ stage: StageDescription, in flow: FlowDescription) throws(EngineError) {
        let place = "\(stage.label) in the flow \"\(flow.name)\""
        if let parallelism = stage.parallelism, !(1...PhysicalPlan.largestParallelism).contains(parallelism) {
            throw .plan(
                problem: "\(place) asks for a parallelism of \(parallelism)",
                hint: "it must lie between 1 and \(PhysicalPlan.largestParallelism), the number of key groups")
        }
        let defect: String? =
            switch stage.kind {
            case .source(let source): source.disorder.defect
            case .topicSource(_, let codec, let disorder): codec.defect ?? disorder.defect ?? stage.feedback?.defect
            case .watermark(let disorder): disorder.defect
            case .lossy(let policy): policy.defect
            case .persist(_, let codec), .topicSink(_, let codec): codec.defect
            case .aggregate(let window, let aggregate):
                window.defect ?? aggregate.defect ?? window.defect(of: aggregate.emission)
                    ?? aggregate.mismatch(window, stage)
            case .operation(let operation): operation.defect
            case .flow, .side, .map, .filter, .keyBy, .sink: nil
            case .inputs(let parts): parts.isEmpty ? "it has no inputs" : nil
            }
        if stage.onError != .fail, let reason = stage.policyDefect {
            throw .plan(
                problem: "\(place) cannot go on behind an event that it fails for: \(reason)",
                hint: "remove .onError(…) there, or put a Filter that throws, with .onError(…), before it")
        }
        if let defect = defect ?? stage.readingDefect { throw .plan(problem: "\(place): \(defect)", hint: nil) }
        if case .inputs(let parts) = stage.kind {
            for part in parts { for inner in part.stages { try check(inner, in: flow) } }
        }
    }

    private func checkSides() throws(EngineError) {
        var known: Set<String> = []
        for flow in flows {
            for stage in flow.stagesWithParts {
                for (port, side) in stage.sideOutputs.sorted(by: { $0.value.name < $1.value.name }) {
                    guard known.insert(side.name).inserted else {
                        throw .plan(
                            problem: "two stages put events out at the side output \"\(side.name)\"",
                            hint: "give each a side output of its own, and merge them where they are read")
                    }
                    guard let problem = stage.problem(port, side) else { continue }
                    throw .plan(
                        problem: "\(stage.label) in the flow \"\(flow.name)\": \(problem)",
                        hint: "remove the side output \"\(side.name)\", or put it right behind the stage that it is for"
                    )
                }
            }
        }
    }

    private func checkTopics() throws(EngineError) {
        var schemas: [String: Schema] = [:]
        var written: Set<String> = []
        for flow in flows {
            for stage in flow.stages {
                guard let (topic, schema) = stage.topic else { continue }
                if let known = schemas[topic], known.id != schema.id {
                    throw .plan(
                        problem: "the topic \"\(topic)\" is used with two schemas, \(known.name)@\(known.version) and "
                            + "\(schema.name)@\(schema.version)",
                        hint: "a topic holds events of one type")
                }
                schemas[topic] = schema
                guard stage.writesTopic, !written.insert(topic).inserted else { continue }
                throw .plan(
                    problem: "two stages write to the topic \"\(topic)\"",
                    hint: "a partition of a topic has one writer: name another topic, or merge the flows")
            }
        }
    }
}

extension Aggregate {
    /// What does not fit together in an aggregate, its windows and its stage.
    fileprivate func mismatch(_ window: KeyedWindow, _ stage: StageDescription) -> String? {
        if !isKeyed, let parallelism = stage.parallelism, parallelism > 1 {
            return "a window without keys has one instance, not \(parallelism): put KeyBy(...) before it"
        }
        let windows: String
        switch window {
        case .count: windows = "count windows"
        case .global: windows = "a window with a trigger"
        case .time, .session: return nil
        }
        let verb = windows.hasSuffix("s") ? "have" : "has"
        if emission.allowedLateness > 0 { return "\(windows) \(verb) no late events: remove AllowedLateness(...)" }
        if emission.givesEarlyRows { return "\(windows) \(verb) no early rows: remove Early(...)" }
        return nil
    }
}

extension KeyedWindow {
    /// For what reasons an event may be left out.
    fileprivate var sides: Set<SidePort> {
        switch self {
        case .time: [.late, .outside]
        case .session: [.late]
        case .count, .global: []
        }
    }
}

extension StageDescription {
    /// What is wrong with a side output of the stage, or nil.
    fileprivate func problem(_ port: SidePort, _ side: SideOutputName) -> String? {
        switch (kind, port) {
        case (_, .deadLetter), (.source, _), (.topicSource, _): return nil
        case (.aggregate(let window, _), _):
            return window.sides.contains(port) ? nil : "its windows have no \(port.rawValue) events"
        case (.operation(let operation), _):
            guard let element = operation.sides[port] else { return "it has no \(port.rawValue) events" }
            return element.name == side.element
                ? nil
                : "its \(port.rawValue) events are of the type \(element.name), but the side output "
                    + "\"\(side.name)\" takes \(side.element)"
        default: return "it has no \(port.rawValue) events"
        }
    }
}

extension FlowDescription {
    /// The stages, with those of the inputs that have no name of their own.
    var stagesWithParts: [StageDescription] {
        stages.flatMap { stage in
            if case .inputs(let parts) = stage.kind { return parts.flatMap(\.stagesWithParts) + [stage] }
            return [stage]
        }
    }

    /// The stages with their names: the given ones, and for the others the label and, from the second of a kind on, a number.
    var namedStages: [(name: String, stage: StageDescription)] {
        var seen: [String: Int] = [:]
        return stages.map { stage in
            if let name = stage.name { return (name, stage) }
            seen[stage.label, default: 0] += 1
            let number = seen[stage.label, default: 1]
            return (number == 1 ? stage.label : "\(stage.label)#\(number)", stage)
        }
    }
}

extension StageDescription {
    /// Why the stage has to end the run where it fails, or nil.
    fileprivate var policyDefect: String? {
        switch kind {
        case .source, .topicSource, .map, .filter, .keyBy, .aggregate: nil
        case .operation(let operation): operation.policyDefect
        case .watermark: "give the policy to From(…)"
        case .persist, .sink, .topicSink: "what cannot be written is lost"
        case .flow, .inputs, .side, .lossy: "it does nothing with events"
        }
    }

    /// What is wrong with how a source is read, or nil.
    fileprivate var readingDefect: String? {
        let isTopic = if case .topicSource = kind { true } else { false }
        return reading.defect(isTopic: isTopic, hasFutureSide: sides[.future] != nil)
    }

    /// Whether the stage appends to its topic.
    var writesTopic: Bool {
        switch kind {
        case .persist, .topicSink: true
        default: recording != nil || remembering != nil
        }
    }

    /// The topic that the stage reads or writes, or nil.
    var topic: (name: String, schema: Schema)? {
        switch kind {
        case .topicSource(let topic, let codec, _), .persist(let topic, let codec), .topicSink(let topic, let codec):
            (topic, codec.schema)
        default: recording.map { ($0.topic, AnswerRecord.schema) } ?? remembering.map { ($0.topic, $0.schema) }
        }
    }
}
