internal import PenstockEvents

/// What a stage keeps cannot be written into a checkpoint.
struct StateNotWritable: Diagnostic {
    /// What is kept.
    enum Kept: String {
        case events
        case states
    }

    let kept: Kept
    let type: String
    /// The stage, where it is known.
    var stage: StageName?

    init(_ kept: Kept, _ type: String) {
        self.kept = kept
        self.type = type
    }

    var summary: String {
        let place = stage.map { "stage \($0): " } ?? ""
        return "\(place)\(kept.rawValue) of type \(type) cannot be written into a checkpoint"
    }
    var hint: String? { "make \(type) an Event, a struct of plain numbers, or Codable; or run without checkpoints" }
    var category: FailureCategory { .usage }
}
