/// Records the stream in a topic of the run's log; what follows reads it from there, once it is acknowledged.
///
/// From here on everything can be replayed: `replay` reads the topic instead of running what stands before.
public struct Persist: Stage {
    let topic: String
    /// The name and the parallelism that the author gave.
    public var options = StageOptions()

    /// Records in the topic `topic`, which is made where it is not there.
    public init(topic: String) { self.topic = topic }
}
