internal import PenstockEvents

extension PhysicalPlan {
    /// A plan as people read it: one paragraph a stage.
    public var text: String {
        var lines: [String] = []
        for stage in stages {
            let instances = stage.instances == 1 ? "" : ", \(stage.instances) instances"
            lines.append("stage \(stage.index)\(instances)")
            lines += stage.steps.map { "    \($0)" }
            let outgoing = edges.filter { $0.from == stage.index }
            for edge in outgoing {
                let routing = edge.routing == .keyGroups ? ", by key group" : ""
                let what = edge.port.map { " takes \($0.side.rawValue) events of \(stage.name(at: $0))" } ?? ""
                lines.append(
                    "    -> stage \(edge.to)\(what)\(routing), at most \(Lane.capacity) batches waiting per sender")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A plan in the language of Graphviz.
    public var dot: String {
        var lines = ["digraph plan {", "    rankdir=LR", "    node [shape=box, fontname=\"Helvetica\"]"]
        for stage in stages {
            let label = stage.steps.map(Self.escaped).joined(separator: "\\l") + "\\l"
            let instances = stage.instances == 1 ? "" : " × \(stage.instances)"
            lines.append("    s\(stage.index) [label=\"stage \(stage.index)\(instances)\\n\(label)\"]")
            if case .topic(_, let topic, _, let reader?) = stage.output {
                lines.append("    s\(stage.index) -> s\(reader) [label=\"topic \(Self.escaped(topic))\", style=dashed]")
            }
        }
        for edge in edges {
            lines.append(
                "    s\(edge.from) -> s\(edge.to)" + (edge.routing == .keyGroups ? " [label=\"by key group\"]" : ""))
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    /// A plan as JSON: `stages` with `index`, `instances`, `input`, `operators`, `output`, and `edges` with `from`, `to`, `routing`.
    public var json: String {
        let stageTexts = stages.map { stage in
            let operators = stage.operators.map { planned in
                "{\"name\": \(Self.quoted(planned.name.description)), \"does\": \(Self.quoted(planned.summary))}"
            }
            return """
                    {"index": \(stage.index), "instances": \(stage.instances), "input": \(Self.quoted(stage.inputSummary)), \
                "operators": [\(operators.joined(separator: ", "))], "output": \(Self.quoted(stage.outputSummary))}
                """
        }
        let edgeTexts = edges.map { edge in
            "    {\"from\": \(edge.from), \"to\": \(edge.to), \"routing\": \(Self.quoted(edge.routing.rawValue))}"
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
        let idle = reading.idleAfter.map { ", left out when idle for \(Double($0) / 1e9) s, which no replay repeats" }
        return (partitions > 1 ? ", \(partitions) partitions" : "") + (idle ?? "")
    }

    fileprivate var inputSummary: String {
        switch input {
        case .source(_, let source): "reads \(source.summary) as \(source.output.name)\(summary(source.disorder))"
        case .topic(_, let topic, let codec, let disorder, let isPersisted):
            "reads topic \(topic) of \(codec.schema.name)@\(codec.schema.version)\(summary(disorder))"
                + (isPersisted ? ", what is acknowledged" : "")
        case .channels: "channels"
        }
    }

    fileprivate var outputSummary: String {
        switch output {
        case .sink(_, let sink): "writes \(sink.summary)"
        case .topic(_, let topic, let codec, let reader):
            "appends \(codec.schema.name)@\(codec.schema.version) to topic \(topic)"
                + (reader.map { ", read by stage \($0)" } ?? "")
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

extension Disorder {
    fileprivate var summary: String {
        switch boundNanoseconds {
        case 0: "in order of time"
        case let bound?: "out of order by at most \(Double(bound) / 1e9) s"
        case nil: "in order as far as time marks say"
        }
    }
}
