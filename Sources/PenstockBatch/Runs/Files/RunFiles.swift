internal import Foundation

/// What a run has read and made: the file `outputs.json`, which the process that completed the run writes.
public struct RunFiles: Codable, Sendable, Hashable {
    /// Where the run's topics end.
    public struct Log: Codable, Sendable, Hashable {
        /// The log, as the run was told: a directory or the address of a broker.
        public var location: String
        /// Its topics that the run appended to or read, by name.
        public var topics: [Topic]

        /// Positions in a log.
        public init(location: String, topics: [Topic]) { (self.location, self.topics) = (location, topics) }
    }

    /// A topic at the end of a run.
    public struct Topic: Codable, Sendable, Hashable {
        public var name: String
        /// For each partition the offset behind its last committed record.
        public var ends: [UInt64]

        /// A topic.
        public init(name: String, ends: [UInt64]) { (self.name, self.ends) = (name, ends) }
    }

    /// The version of this form.
    public var version = 1
    /// What the run has read, in the order in which the pipeline names it.
    public var inputs: [FileRecord]
    /// What it has made, likewise.
    public var outputs: [FileRecord]
    /// Nil for a run without a log.
    public var log: Log?

    /// Inputs with more bytes are not read once more for their checksums.
    public static let mostInputBytes = 1 << 30

    /// Records that are known already.
    public init(inputs: [FileRecord], outputs: [FileRecord], log: Log? = nil) {
        (self.inputs, self.outputs, self.log) = (inputs, outputs, log)
    }

    /// What there is at some paths, without checksums.
    /// - Parameters:
    ///   - inputs: What was read, with the options that name it.
    ///   - outputs: What was made, likewise.
    ///   - known: Checksums of input files by their options, where the run has read them for that itself.
    ///   - directory: The folder that the run was submitted from.
    public init(
        inputs: [NamedPath], outputs: [NamedPath], known: [String: String] = [:], directory: String, log: Log? = nil
    ) {
        self.init(
            inputs: inputs.map { input in
                var record = FileRecord(input.option, at: input.path, in: directory)
                if record.kind == .file { record.sha256 = known[input.option] }
                return record
            },
            outputs: outputs.map { FileRecord($0.option, at: $0.path, in: directory) }, log: log)
    }

    /// Reads the files for their checksums: all outputs, and the inputs that are not large.
    public mutating func addChecksums(directory: String) {
        for index in inputs.indices where inputs[index].bytes ?? 0 <= Self.mostInputBytes {
            inputs[index].addChecksums(in: directory)
        }
        for index in outputs.indices { outputs[index].addChecksums(in: directory) }
    }
}

/// A path, and the option of the pipeline that names it.
public struct NamedPath: Codable, Sendable, Hashable {
    /// The option without dashes; behind a point which one of several.
    public var option: String
    /// As the user or the pipeline writes it.
    public var path: String

    /// A path.
    public init(_ option: String, _ path: String) { (self.option, self.path) = (option, path) }
}
