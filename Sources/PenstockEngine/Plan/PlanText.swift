internal import PenstockEvents

extension PhysicalPlan {
    /// A plan as people read it: one paragraph a stage.
    public var text: String {
        let guarantee = Guarantee(self)
        var lines: [String] = []
        for stage in stages {
            let instances = stage.instances == 1 ? "" : ", \(stage.instances) instances"
            lines.append("stage \(stage.index)\(instances)")
            lines += stage.steps.map { "    \($0)" }
            let outgoing = edges.filter { $0.from == stage.index }
            for edge in outgoing {
                let routing = edge.routing == .keyGroups ? ", by key group" : ""
                let what = edge.port.map { " takes \($0.side.rawValue) events of \(stage.name(at: $0))" } ?? ""
                lines.append("    -> stage \(edge.to)\(what)\(routing), \(edge.limit)")
            }
            lines += guarantee.note(on: stage).map { ["    \($0)"] } ?? []
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A plan in the language of Graphviz.
    public var dot: String {
        var lines = ["digraph plan {", "    rankdir=LR", "    node [shape=box, fontname=\"Helvetica\"]"]
        let guarantee = Guarantee(self)
        for stage in stages {
            let note = guarantee.note(on: stage)
            let label = (stage.steps + (note.map { [$0] } ?? [])).map(Self.escaped).joined(separator: "\\l") + "\\l"
            let instances = stage.instances == 1 ? "" : " × \(stage.instances)"
            lines.append(
                "    s\(stage.index) [label=\"stage \(stage.index)\(instances)\\n\(label)\"\(note == nil ? "" : ", style=dashed")]"
            )
            if case .topic(_, let topic, _, let reader?) = stage.output {
                lines.append("    s\(stage.index) -> s\(reader) [label=\"topic \(Self.escaped(topic))\", style=dashed]")
            }
        }
        for edge in edges {
            let label = edge.lossy?.summary ?? (edge.routing == .keyGroups ? "by key group" : nil)
            lines.append("    s\(edge.from) -> s\(edge.to)" + (label.map { " [label=\"\(Self.escaped($0))\"]" } ?? ""))
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// A plan as JSON: `stages` with `index`, `instances`, `input`, `operators`, `output`, `outside_replay_guarantee` with the reasons, and
    /// `edges` with `from`, `to`, `routing`, `holds`.
    public var json: String {
        let guarantee = Guarantee(self)
        let stageTexts = stages.map { stage in
            let operators = stage.operators.map { planned in
                "{\"name\": \(Self.quoted(planned.name.description)), \"does\": \(Self.quoted(planned.summary))}"
            }
            let reasons = guarantee.reasons(atEndOf: stage.index).map { Self.quoted($0.text) }
            return """
                    {"index": \(stage.index), "instances": \(stage.instances), "input": \(Self.quoted(stage.inputSummary)), \
                "operators": [\(operators.joined(separator: ", "))], "output": \(Self.quoted(stage.outputSummary)), \
                "outside_replay_guarantee": [\(reasons.joined(separator: ", "))]}
                """
        }
        let edgeTexts = edges.map { edge in
            "    {\"from\": \(edge.from), \"to\": \(edge.to), \"routing\": \(Self.quoted(edge.routing.rawValue)), "
                + "\"holds\": \(Self.quoted(edge.limit))}"
        }
        return """
            {
              "stages": [
            \(stageTexts.joined(separator: ",\n"))
              ],
              "edges": [
            \(edgeTexts.joined(separator: ",\n"))
              ]
            }

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension PhysicalStage {
    /// The name of what puts events out at a side.
    fileprivate func name(at port: PhysicalPlan.Port) -> String {
        if port.operatorIndex >= 0 { return operators[port.operatorIndex].name.description }
        return input.sourceName?.description ?? ""
    }

    /// What the stage does, line by line.
    fileprivate var steps: [String] {
        let input: [String] =
            switch self.input {
            case .source(let name, _), .topic(let name, _, _, _, _): ["\(name): \(inputSummary)\(partitionSummary)"]
            case .channels: mergesInOrder ? ["puts events in canonical order"] : []
            }
        let output: [String] =
            switch self.output {
            case .sink(let name, _), .topic(let name, _, _, _), .leftOut(let name, _): ["\(name): \(outputSummary)"]
            case .channels: []
            }
        var middle = operators.map { "\($0.name): \($0.summary)" }
        if let clocked {
            middle.insert(
                "\(clocked.name): watermark of what is left, \(clocked.disorder.summary)", at: clocked.kernels.count)
        }
        return input + middle + output
    }

    /// How far out of order a source is, unless it has a clock further down.
    private func summary(_ disorder: Disorder) -> String { clocked == nil ? ", \(disorder.summary)" : "" }

    private var partitionSummary: String {
        let idle = reading.idleAfter.map {
            ", left out when idle for \(Double($0) / 1e9) s, which a replay repeats by the journal of a run alone"
        }
        let ahead = reading.maxAhead.map { ", events at most \(Double($0) / 1e9) s ahead of their append" }
        guard partitions > 1 else { return (idle ?? "") + (ahead ?? "") }
        let drift = reading.maxDrift.map { " at most \(Double($0) / 1e9) s apart" }
        return ", \(partitions) partitions" + (drift ?? "") + (idle ?? "") + (ahead ?? "")
    }

    fileprivate var inputSummary: String {
        switch input {
        case .source(_, let source): "reads \(source.summary) as \(source.output.name)\(summary(source.disorder))"
        case .topic(_, let topic, let codec, let disorder, let isPersisted):
            "reads topic \(topic) of \(codec.schema.name)@\(codec.schema.version)\(summary(disorder))"
                + (isPersisted ? ", what is acknowledged" : "") + (reading.follows ? ", until its stream ends" : "")
        case .channels: "channels"
        }
    }

    fileprivate var outputSummary: String {
        switch output {
        case .sink(_, let sink): "writes \(sink.summary)" + (deliverySummary.map { ", \($0)" } ?? "")
        case .topic(_, let topic, let codec, let reader):
            "appends \(codec.schema.name)@\(codec.schema.version) to topic \(topic)"
                + (reader.map { ", read by stage \($0)" } ?? "") + (deliverySummary.map { ", \($0)" } ?? "")
        case .leftOut(_, let topic): "appends nothing to topic \(topic), because this is a replay"
        case .channels: "channels"
        }
    }
}

extension PhysicalStage.PlannedOperator {
    fileprivate var summary: String {
        switch description.kind {
        case .map(let kernel): "one \(kernel.output.name) for each event"
        case .filter: "some of the events"
        case .lossy(let policy): policy.summary
        case .keyBy(_, let keyType): "key of type \(keyType)"
        case .aggregate(let window, let aggregate):
            "\(aggregate.summary)\(aggregate.isKeyed ? " per key" : ""), \(window.summary)"
        case .operation(let operation):
            operation.summary + operation.details
                + (description.parallelism.map { $0 > 1 ? ", on \($0) threads" : "" } ?? "")
        case .source, .topicSource, .flow, .inputs, .side, .watermark, .persist, .sink, .topicSink: ""
        }
    }
}

extension PhysicalPlan.Edge {
    /// What may wait on the edge.
    fileprivate var limit: String {
        guard let lossy else {
            return "at most \(Lane.capacity) batches or \(Lane.byteLimit >> 20) MiB waiting per sender, "
                + "small ones as one of up to \(2 * GrowingBatch.rowLimit) rows"
        }
        return "which never waits: \(lossy.summary), at most \(LossyLane.controlLimit) control records"
    }
}

extension Guarantee {
    /// Which steps of a stage are outside, and because of what; nil where none is.
    fileprivate func note(on stage: PhysicalStage) -> String? {
        let reasons = reasons(atEndOf: stage.index)
        guard !reasons.isEmpty else { return nil }
        let steps = outsideSteps(of: stage).map { "\($0), " }.joined()
        return "outside the replay guarantee: \(steps)because of "
            + reasons.map(\.text).joined(separator: ", and of ")
    }
}

extension Disorder {
    fileprivate var summary: String {
        switch boundNanoseconds {
        case 0: "in order of time"
        case let bound?: "out of order by at most \(Double(bound) / 1e9) s"
        case nil: "in order as far as time marks say"
        }
    }
}
