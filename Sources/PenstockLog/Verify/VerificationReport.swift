/// What a look at every byte of a topic, or of a whole log, found.
public struct VerificationReport: Sendable, Hashable {
    /// The most findings that are kept; what comes behind is counted in `omittedFindings`.
    public static let findingsLimit = 10_000

    /// What is wrong or worth knowing, in the order of topics, partitions and offsets.
    public private(set) var findings: [Finding] = []
    /// Findings beyond the limit.
    public private(set) var omittedFindings = 0
    /// What was looked at.
    public internal(set) var totals = Totals()
    /// Whether something that was acknowledged cannot be read, or a file is not what the format says. Counts omitted findings, too.
    public private(set) var hasDamage = false
    /// Whether a newer version of the program wrote something, which this one cannot check. Counts omitted findings, too.
    public private(set) var hasNewerFormat = false

    /// Whether everything could be checked and nothing is damaged. Warnings and information do not count.
    public var isIntact: Bool { !hasDamage && !hasNewerFormat }

    /// One thing that was found.
    public struct Finding: Sendable, Hashable {
        /// How bad it is.
        public let severity: Severity
        /// The topic.
        public let topic: String
        /// Partition, offsets, file and position, as far as they are known.
        public let place: LogError.Place
        /// What is wrong, without the place.
        public let summary: String
        /// What to do about it, or nil where nothing has to be done.
        public let advice: String?

        /// A finding.
        public init(
            _ severity: Severity, topic: String, place: LogError.Place, summary: String, advice: String? = nil
        ) {
            self.severity = severity
            self.topic = topic
            self.place = place
            self.summary = summary
            self.advice = advice
        }
    }

    /// How bad a finding is. The raw values are stable names for scripts.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// Records are lost, or a file is not what the format says.
        case damage
        /// A newer version of the program wrote it: whether it is intact this one cannot tell.
        case newerFormat = "newer-format"
        /// Nothing is lost: what is wrong can be made again, or is read around.
        case warning
        /// Nothing is wrong: what a crash leaves behind and the next writer tidies up.
        case information
    }

    /// What was looked at, whether intact or not.
    public struct Totals: Sendable, Hashable {
        /// Topics.
        public var topics = 0
        /// Partitions.
        public var partitions = 0
        /// Segment files.
        public var segments = 0
        /// Intact batches, those of control records among them.
        public var batches = 0
        /// Records of the intact batches, control records among them, without those of open transactions.
        public var records: UInt64 = 0
        /// Records of open transactions, which nobody may read yet.
        public var openRecords: UInt64 = 0
        /// Control records.
        public var controlRecords: UInt64 = 0
        /// Bytes of the segment files.
        public var bytes = 0

        /// Nothing.
        public init() {}
    }

    /// A report without findings.
    public init() {}

    /// The number of findings of a severity that were kept.
    public func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

    mutating func add(_ finding: Finding) {
        hasDamage = hasDamage || finding.severity == .damage
        hasNewerFormat = hasNewerFormat || finding.severity == .newerFormat
        if findings.count < Self.findingsLimit { findings.append(finding) } else { omittedFindings += 1 }
    }

    mutating func add(_ other: VerificationReport) {
        for finding in other.findings { add(finding) }
        omittedFindings += other.omittedFindings
        hasDamage = hasDamage || other.hasDamage
        hasNewerFormat = hasNewerFormat || other.hasNewerFormat
        totals.topics += other.totals.topics
        totals.partitions += other.totals.partitions
        totals.segments += other.totals.segments
        totals.batches += other.totals.batches
        totals.records += other.totals.records
        totals.openRecords += other.totals.openRecords
        totals.controlRecords += other.totals.controlRecords
        totals.bytes += other.totals.bytes
    }
}

extension VerificationReport.Finding {
    /// What it means that something cannot be read.
    init(_ error: LogError, topic: String, place: LogError.Place, advice: String?) {
        let isNewer = error.code == .newerFormat
        self.init(
            isNewer ? .newerFormat : .damage, topic: topic, place: place,
            summary: isNewer ? "written by a newer version: \(error.summary)" : error.summary, advice: advice)
    }
}

extension VerificationReport.Finding: CustomStringConvertible {
    /// One line: severity, place, what is wrong.
    public var description: String {
        var words = ["\(severity.rawValue):", place.partition.map { "\($0)" } ?? topic]
        if let offsets = place.offsets { words.append("offsets \(offsets.lowerBound)..<\(offsets.upperBound)") }
        if let file = place.file { words.append(place.position.map { "\(file) byte \($0)" } ?? file) }
        return words.joined(separator: " ") + ": " + summary
    }
}

/// How far a verification has come.
public struct VerificationProgress: Sendable, Hashable {
    /// The topic that is being looked at.
    public let topic: String
    /// Bytes of segments that were looked at.
    public let bytesDone: Int
    /// Bytes of all segments, as they were at the beginning.
    public let bytesTotal: Int
}
