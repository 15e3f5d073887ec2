internal import PenstockEvents

extension EncodedBatch {
    /// The control record in a batch that is one.
    var controlRecord: ControlRecord {
        let body = UnsafeRawBufferPointer(rebasing: slab.bytes[body])
        guard let record = try? ControlRecord(decoding: body) else {
            preconditionFailure("a control batch of this process does not hold its record")
        }
        return record
    }

    /// The batch that names a producer. The header carries its next sequence.
    init(_ registration: ProducerRegistration, nextSequence: UInt64) {
        self = EncodedBatch(control: .producer(registration)).changed { header in
            header.producer = registration.id
            header.producerEpoch = registration.epoch
            header.baseSequence = nextSequence
        }
    }
}

extension ControlRecord {
    /// The flags of a batch that is this record: what a walk over headers has to know of it.
    var flags: BatchFlags {
        switch self {
        case .timeMark, .scanStart, .scanEnd, .endOfStream, .producer: .control
        case .transactionBegin: [.control, .transactional, .begin]
        case .transactionCommit: [.control, .transactional, .commit]
        case .transactionAbort: [.control, .transactional, .abort]
        }
    }
}
