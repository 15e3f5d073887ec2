public import Penstock

/// What becomes of a structure with the graph of bonds of an earlier one.
public enum DuplicateRule: String, Sendable, Hashable, CaseIterable {
    /// It is screened, and says of which structure it has the graph.
    case flag
    /// It is rejected.
    case skip
    /// It is screened as if there were no other.
    case keep
}

/// Tells structures of one graph of bonds, which is the key: the first of them is the original, in the order of the stream.
///
/// A framework that breathes, or was relaxed by another method, has the same graph and other pores; so duplicates are only flagged unless they are
/// to be left out.
public struct Duplicates<Item: Screenable>: KeyedProcess {
    private let rule: DuplicateRule
    private let first = ValueState("first", of: String.self)

    /// Duplicates by a rule.
    public init(_ rule: DuplicateRule) { self.rule = rule }

    /// Puts the item out, with a remark where there was one of its graph before.
    public func process(
        _ item: Item, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<Item>,
        context: ProcessContext<String>
    ) {
        var item = item
        if rule != .keep, item.candidate.result.graphHash != nil, !item.candidate.result.isFinished {
            if let original = state[first] {
                item.candidate.decide { result in
                    let text = "the bonds are those of \(original)"
                    if rule == .skip {
                        result.end(.rejected, "duplicate", text)
                    } else {
                        result.flag("duplicate", text)
                    }
                }
            } else {
                state[first] = item.candidate.file.name
            }
        }
        output.append(item)
    }
}

extension Candidate {
    /// The key by which `Duplicates` finds others of the same bonds: the hash of the graph, and the name where there is none.
    public var bondsKey: String { result.graphHash.map { "graph \($0)" } ?? "name \(file.name)" }
}
