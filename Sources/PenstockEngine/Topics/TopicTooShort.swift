internal import PenstockEvents

/// A topic has lost records that a checkpoint counts on.
struct TopicTooShort: Diagnostic {
    let topic: String
    let partition: Int
    let end: UInt64
    let checkpoint: UInt64

    var summary: String {
        "partition \(partition) of the topic \(topic) ends at offset \(end), but had come to \(checkpoint) when the checkpoint was taken"
    }
    var hint: String? { "begin anew without the checkpoint; topics that are not durable lose records with the power" }
    var category: FailureCategory { .data }
}
