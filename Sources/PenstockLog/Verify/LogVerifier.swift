internal import PenstockEvents

/// Looks at topics byte by byte, on a thread of its own.
actor LogVerifier {
    /// What one call looks at.
    struct Subject: Sendable {
        let topic: String
        /// The topic's schema, or what is wrong with its description.
        let schema: Result<Schema, LogError>
        let partitions: [PartitionView]
    }

    private let storage: any Storage
    private let thread: StorageThread
    private let progress: (@Sendable (VerificationProgress) -> Void)?
    private var bytesDone = 0
    private var bytesTold = 0
    private var bytesTotal = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Bytes between two reports of progress.
    private static let progressStep = 8 << 20

    init(storage: any Storage, progress: (@Sendable (VerificationProgress) -> Void)?) {
        self.storage = storage
        self.progress = progress
        thread = StorageThread(label: "penstock-log.verifier")
    }

    func verify(_ subjects: [Subject]) throws(LogError) -> VerificationReport {
        for subject in subjects { bytesTotal += bytes(of: subject) }
        var report = VerificationReport()
        for subject in subjects { report.add(try verify(subject)) }
        return report
    }

    private func verify(_ subject: Subject) throws(LogError) -> VerificationReport {
        var report = VerificationReport()
        report.totals.topics = 1
        var schema: Schema?
        switch subject.schema {
        case .success(let known): schema = known
        case .failure(let error):
            report.add(.init(error, topic: subject.topic, place: error.place, advice: error.hint))
        }
        for view in subject.partitions {
            var verification = PartitionVerification(view, schema: schema)
            try verification.run { bytes throws(LogError) in try advance(subject.topic, by: bytes) }
            report.add(verification.report)
        }
        tell(subject.topic)
        return report
    }

    private func advance(_ topic: String, by bytes: Int) throws(LogError) {
        guard !Task.isCancelled else { throw LogError(.cancelled, "the verification of \(topic) was cancelled") }
        bytesDone += bytes
        guard bytesDone - bytesTold >= Self.progressStep else { return }
        tell(topic)
    }

    private func tell(_ topic: String) {
        bytesTold = bytesDone
        // A writer may have appended meanwhile.
        bytesTotal = max(bytesTotal, bytesDone)
        progress?(VerificationProgress(topic: topic, bytesDone: bytesDone, bytesTotal: bytesTotal))
    }

    // What cannot be looked at counts as nothing here; the look itself says what is wrong with it.
    private func bytes(of subject: Subject) -> Int {
        var sum = 0
        for view in subject.partitions {
            for name in (try? view.segments()) ?? [] {
                let file = try? storage.open(view.directory + "/" + name.fileName, .read)
                sum += (try? file?.byteCount()) ?? 0
            }
        }
        return sum
    }
}
