internal import PenstockEvents

/// State of a stage could not be put on disk, or not be brought back.
struct SpillFailed: Diagnostic {
    /// What has happened.
    enum Cause: Hashable {
        case fault(SpillFault)
        /// A record does not have the bytes that were written.
        case damaged(position: UInt64)
        /// The state of one key is longer than a record can be.
        case tooLong
    }

    let stage: StageName
    let folder: String
    let cause: Cause
    /// How many bytes were to be written or read.
    let bytes: Int
    /// How many bytes of state were on disk already.
    let spilledBytes: Int

    var summary: String {
        switch cause {
        case .fault(let fault):
            switch fault.action {
            case .create: "stage \(stage): cannot make a file for spilled state in \(folder): \(fault.reason)"
            case .write:
                "stage \(stage): cannot write \(bytes) bytes of state to \(folder), where \(spilledBytes) bytes are already: "
                    + fault.reason
            case .read: "stage \(stage): cannot read \(bytes) bytes of spilled state in \(folder): \(fault.reason)"
            }
        case .damaged(let position):
            "stage \(stage): \(bytes) bytes of spilled state at \(position) in \(folder) are not what was written"
        case .tooLong:
            "stage \(stage): the state of a key takes \(bytes) bytes, more than the 4 GiB that can be spilled to \(folder)"
        }
    }

    var hint: String? {
        switch cause {
        case .fault(let fault) where fault.action == .create:
            "name a folder that can be written with --spill-directory or RunOptions.spillDirectory, or leave memoryLimit out"
        case .fault(let fault) where fault.isFull:
            "make room there, name another folder with --spill-directory or RunOptions.spillDirectory, or raise memoryLimit"
        case .fault, .damaged:
            "look at the device; the run goes on from its last checkpoint, with --spill-directory elsewhere"
        case .tooLong: "divide the state among more keys"
        }
    }

    var category: FailureCategory { .inputOutput }
}
