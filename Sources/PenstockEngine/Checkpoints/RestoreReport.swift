public import PenstockEvents

/// What a pipeline would make of a checkpoint, state by state.
public struct RestoreReport: Sendable, Hashable {
    /// What is meant: `checkpoint 12` or `savepoint nightly`, and where it is kept.
    public let source: String
    /// What becomes of each state, in the order of their ids.
    public let findings: [Finding]

    /// What becomes of a state.
    public struct Finding: Sendable, Hashable {
        /// The id of the state: `flow/stage: operator`.
        public let state: String
        /// What becomes of it.
        public let outcome: Outcome
    }

    /// What becomes of a state.
    public enum Outcome: Sendable, Hashable {
        /// The stage of this name goes on with it; its id in the checkpoint, where it was renamed.
        case matched(formerly: String?)
        /// The stage is not in the checkpoint: it begins with nothing.
        case new(form: String)
        /// No stage of the pipeline has this name.
        case orphaned(form: String)
        /// The stage of this name is another one now.
        case changed(was: String, is: String)
        /// Given up, as was asked for.
        case dropped(form: String)
    }

    /// A line for each state.
    public var lines: [String] {
        let width = findings.map(\.state.count).max() ?? 0
        return findings.map { finding in
            let state = finding.state + String(repeating: " ", count: width - finding.state.count)
            return switch finding.outcome {
            case .matched(nil): "matched   \(finding.state)"
            case .matched(let former?): "matched   \(state)  formerly \(former)"
            case .new: "new       \(state)  begins with nothing"
            case .orphaned(let form): "orphaned  \(state)  no stage of this name: \(form)"
            case .changed(let was, let now): "changed   \(state)  was \(was); is \(now)"
            case .dropped(let form): "dropped   \(state)  \(form)"
            }
        }
    }

    /// Why a run would be refused, or nil.
    public var refusal: RestoreRefused? { RestoreRefused(self) }

    fileprivate func states(_ isMeant: (Outcome) -> Bool) -> [String] {
        findings.filter { isMeant($0.outcome) }.map(\.state)
    }
}

/// A run cannot go on from a checkpoint, because the pipeline is another one than when it was taken.
public struct RestoreRefused: Diagnostic, Hashable {
    /// What was found of each state.
    public let report: RestoreReport
    /// What is wrong.
    public let summary: String
    /// What to do about it.
    public let hint: String?
    /// `data` (65) where a state has another form than the stage wants, `configuration` (78) where states have no stage.
    public let category: FailureCategory

    init?(_ report: RestoreReport) {
        self.report = report
        if case .changed(let was, let now)? = report.findings.lazy.map(\.outcome).first(where: \.isChanged) {
            let changed = report.states(\.isChanged)
            summary =
                "the state of \(changed[0]) in \(report.source) is that of another stage: it was \(was); now it is \(now)"
                + Self.more(changed)
            hint =
                "undo the change, name the stage anew with .named(\"…\"), or give the state up with --drop-state "
                + "\"\(changed[0])\""
            category = .data
            return
        }
        let orphaned = report.states(\.isOrphaned)
        guard let first = orphaned.first else { return nil }
        category = .configuration
        guard !report.states(\.isMatched).isEmpty else {
            summary =
                "\(report.source) is that of another pipeline: it has \(first)\(Self.more(orphaned)), and nothing that this one has"
            hint =
                "name its own with --checkpoint-name or --from-savepoint; for a flow that was renamed: "
                + "Flow(\"new\", formerly: \"old\")"
            return
        }
        summary = "\(report.source) has a state of \(first), which is not in the pipeline\(Self.more(orphaned))"
        hint =
            "where its stage has a new name add .formerly(\"\(first.stageName)\") to it, or give the state up with "
            + "--drop-state \"\(first)\""
    }

    private static func more(_ states: [String]) -> String {
        switch states.count {
        case 0, 1: ""
        case 2: ", and one more"
        default: ", and \(states.count - 1) more"
        }
    }
}

extension RestoreReport.Outcome {
    fileprivate var isMatched: Bool { if case .matched = self { true } else { false } }
    fileprivate var isOrphaned: Bool { if case .orphaned = self { true } else { false } }
    fileprivate var isChanged: Bool { if case .changed = self { true } else { false } }
}

extension String {
    /// The stage's name in the id of a state.
    fileprivate var stageName: Substring {
        let id = self[..<(firstRange(of: ": ")?.lowerBound ?? endIndex)]
        return id[(id.lastIndex(of: "/").map(id.index(after:)) ?? id.startIndex)...]
    }
}
