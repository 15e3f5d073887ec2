internal import PenstockEngine
public import PenstockEvents

/// A way back: what a flow puts in at its end comes out at the beginning of another. The only legal cycle of a pipeline.
///
/// ```swift
/// let steer = Feedback("steer", of: Hint.self, rounds: 20)
/// let tried = Flow("tried") { Merge(From(candidates), From(steer)); Map { (h: Hint) in score(h) } }
/// Flow("best")  { tried; To(results) }
/// Flow("steer") { tried; Filter { (h: Hint) in h.isPromising }; To(steer) }
/// ```
///
/// It goes through a topic of the run's log: it never blocks, and everything that went through it is recorded. An event of it comes behind
/// the time that the merge has come to: where its own time is earlier it is moved there.
public struct Feedback<Value: Event>: Sendable {
    /// The name of the topic.
    public let name: String
    let rule: FeedbackRule

    /// The feedback through the topic `name`.
    ///
    /// A run ends when all other inputs have ended, everything that was put in has been read and worked on, and nothing has been put in since.
    /// - Parameters:
    ///   - initial: What is in it at the beginning.
    ///   - rounds: With a number, events are read in rounds: when all other inputs have ended and nothing moves any more, all that were put in
    ///     up to then; at most so many times. The results then depend on nothing but the input. Without a number they are read as they come.
    public init(_ name: String, of type: Value.Type = Value.self, initial: [Value] = [], rounds: Int? = nil) {
        self.name = name
        rule = FeedbackRule(initial: initial, rounds: rounds)
    }
}
