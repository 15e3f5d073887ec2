public import Penstock

/// Tells structures of one graph of bonds: the first of them is the original, in the order of the stream.
///
/// A framework that breathes, or was relaxed by another method, has the same graph and other pores; so duplicates are only flagged unless they are
/// to be left out.
public struct Duplicates: KeyedProcess {
    /// What becomes of a duplicate.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// It is screened, and says of which structure it has the graph.
        case flag
        /// It is rejected.
        case skip
        /// It is screened as if there were no other.
        case keep
    }

    private let rule: Rule
    private let first = ValueState("first", of: String.self)

    /// Duplicates by a rule.
    public init(_ rule: Rule) { self.rule = rule }

    /// The key of a candidate: the hash of its graph, and its name where it has none.
    public static func key(_ candidate: Candidate) -> String {
        candidate.result.graphHash.map { "graph \($0)" } ?? "name \(candidate.file.name)"
    }

    /// Puts the candidate out, with a remark where there was one of its graph before.
    public func process(
        _ candidate: Candidate, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Candidate>,
        context: ProcessContext<String>
    ) {
        var candidate = candidate
        if rule != .keep, candidate.result.graphHash != nil, !candidate.result.isFinished {
            if let original = state[first] {
                candidate.decide { result in
                    let text = "the bonds are those of \(original)"
                    if rule == .skip {
                        result.end(.rejected, "duplicate", text)
                    } else {
                        result.flag("duplicate", text)
                    }
                }
            } else {
                state[first] = candidate.file.name
            }
        }
        output.append(candidate)
    }
}
