internal import PenstockEvents

/// The directory of an embedded log: its own file, and one directory a topic.
actor LogDirectory {
    /// The file that makes a directory a log.
    static let superfile = "penstock-log"
    static let version = 1
    private static let superfileLimit = 4096

    nonisolated let path: String
    private let storage: any Storage
    private let limits: LogLimits
    private let randomNumbers: any RandomSource
    private let thread: StorageThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(
        _ path: String, storage: any Storage, limits: LogLimits, randomNumbers: any RandomSource, thread: StorageThread
    ) {
        self.path = path
        self.storage = storage
        self.limits = limits
        self.randomNumbers = randomNumbers
        self.thread = thread
    }

    /// Checks that the directory is a log of a known version; makes it one where it is absent or empty and `creating`.
    func open(creating: Bool) throws(LogError) {
        let kind = try explained { () throws(StorageError) in try storage.kind(of: path) }
        switch kind {
        case .directory:
            break
        case nil where creating:
            try explained { () throws(StorageError) in try storage.createDirectory(path) }
        case nil:
            throw LogError(.logNotFound, "there is no log at \(path)", hint: "check the path", place: .init(file: path))
        case .file, .other:
            throw LogError(
                .notALog, "\(path) is not a directory, so it is not a log", hint: "name a directory",
                place: .init(file: path))
        }
        if let bytes = try contents(of: Self.superfile, limit: Self.superfileLimit) { return try checkVersion(bytes) }
        let names = try explained { () throws(StorageError) in try storage.list(path) }
        guard names.allSatisfy({ $0.hasPrefix("." + Self.superfile) }) else {
            throw LogError(
                .notALog, "\(path) holds other things and is not a log",
                hint: creating ? "name an empty directory or one that is not there yet" : "name the log's directory",
                place: .init(file: path))
        }
        guard creating else {
            throw LogError(.logNotFound, "there is no log at \(path)", hint: "check the path", place: .init(file: path))
        }
        try explained { () throws(StorageError) in
            try keepName()
            try storage.replace(Self.superfile, in: path, with: Array("penstock-log \(Self.version)\n".utf8))
        }
    }

    /// Makes the names of the topics survive a power loss: whoever showed a topic may have died before that.
    func keepTopicNames() throws(LogError) {
        try explained { () throws(StorageError) in try storage.syncDirectory(path) }
    }

    // A log that is complete has a name that survives a power loss: so before the file that makes it complete.
    private func keepName() throws(StorageError) {
        let parent = path.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
        do {
            try storage.syncDirectory(path.hasPrefix("/") ? "/" + parent : parent.isEmpty ? "." : parent)
        } catch {
            // Who may not read the directory above cannot sync it either; who made this one there knows.
            if error.reason != .permissionDenied { throw error }
        }
    }

    /// The names of the topics that users may see, or of the log's own, sorted by their bytes.
    func topics(internal: Bool = false) throws(LogError) -> [String] {
        try explained { () throws(StorageError) in
            var topics: [String] = []
            for name in try storage.list(path) where !name.hasPrefix(".") && name != Self.superfile {
                guard TopicName.isInternal(name) == `internal` else { continue }
                if try storage.kind(of: "\(path)/\(name)/\(TopicDescriptor.fileName)") == .file { topics.append(name) }
            }
            return topics
        }
    }

    /// Reads a topic's description.
    /// - Throws: `LogError` with code `topicNotFound` and others.
    func topic(_ name: String) throws(LogError) -> TopicDescriptor {
        try TopicName.validate(name)
        // Reads again what is wrong, as a bit may have changed on the way here only.
        for attempt in 1... {
            do {
                return try readTopic(name)
            } catch {
                let isDoubtful = [.damaged, .newerFormat, .foreignByteOrder].contains(error.code)
                guard isDoubtful, attempt < limits.readAttempts else { throw error }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    private func readTopic(_ name: String) throws(LogError) -> TopicDescriptor {
        guard let bytes = try contents(of: "\(name)/\(TopicDescriptor.fileName)", limit: TopicDescriptor.byteLimit)
        else {
            let topics = try topics()
            let known =
                topics.isEmpty ? "the log has no topics" : "topics of the log: \(topics.joined(separator: ", "))"
            throw LogError(
                .topicNotFound, "there is no topic \(name) in \(path)", hint: known, place: .init(file: path))
        }
        return try TopicDescriptor(bytes, file: "\(path)/\(name)/\(TopicDescriptor.fileName)")
    }

    /// Makes a topic's directory under a hidden name, and shows it when it is complete.
    func create(_ topic: TopicDescriptor) throws(LogError) {
        try TopicName.validate(topic.name)
        try topic.configuration.validate(topic: topic.name, schema: topic.schema)
        let exists = LogError(
            .topicExists, "there is already a topic \(topic.name) in \(path)",
            hint: "open it, delete it, or choose another name", place: .init(file: path))
        let target = "\(path)/\(topic.name)"
        let hidden = "\(path)/.creating-\(topic.name)-\(randomNumbers.next())"
        do throws(StorageError) {
            guard try storage.kind(of: target) == nil else { throw StorageError.taken(target) }
            try storage.createDirectory(hidden)
            for number in 0..<topic.configuration.partitions { try storage.createDirectory("\(hidden)/\(number)") }
            try storage.replace(TopicDescriptor.fileName, in: hidden, with: topic.encoded())
            try storage.rename(hidden, to: target)
            try storage.syncDirectory(path)
        } catch {
            try? removeTree(hidden)
            if error.reason == .notEmpty || error.reason == .alreadyExists { throw exists }
            throw LogError(error)
        }
    }

    /// Changes a topic's description. The change is read and written under a lock, so that no other one gets lost.
    func alter(_ name: String, _ change: TopicChange) throws(LogError) -> TopicDescriptor {
        _ = try topic(name)
        let lock = "\(path)/\(name)/.altering"
        guard let held = try explained(nil, { () throws(StorageError) in try storage.lock(lock) }) else {
            throw LogError(
                .partitionOwned, "another process is changing the topic \(name) this moment", hint: "try again",
                place: .init(file: lock))
        }
        defer { withExtendedLifetime(held) {} }
        let changed = try topic(name).changed(by: change)
        try explained { () throws(StorageError) in
            try storage.replace(TopicDescriptor.fileName, in: "\(path)/\(name)", with: changed.encoded())
        }
        return changed
    }

    /// Hides a topic's directory, then removes it.
    func delete(_ topic: TopicDescriptor) throws(LogError) {
        for number in 0..<topic.configuration.partitions {
            let lock = directory(of: TopicPartition(topic.name, number)) + "/" + OwnerLock.fileName
            let owned = try explained { () throws(StorageError) in try storage.isLocked(lock) }
            if owned {
                throw OwnerLock.ownedError(TopicPartition(topic.name, number), path: lock, storage: storage)
            }
        }
        let hidden = "\(path)/.deleted-\(topic.name)"
        try explained { () throws(StorageError) in
            try removeTree(hidden)
            try storage.rename("\(path)/\(topic.name)", to: hidden)
            try storage.syncDirectory(path)
            try removeTree(hidden)
        }
    }

    /// The partitions that a topic's directory holds, whatever its description says.
    func partitionNumbers(of topic: String) throws(LogError) -> [Int] {
        try explained { () throws(StorageError) in try storage.list("\(path)/\(topic)") }.compactMap { Int($0) }
            .sorted()
    }

    nonisolated func directory(of partition: TopicPartition) -> String {
        "\(path)/\(partition.topic)/\(partition.partition)"
    }

    /// Reads groups' positions.
    nonisolated var groupPositions: GroupPositionsReader {
        GroupPositionsReader(path: path, storage: storage, limits: limits)
    }

    /// The positions of a group, or nil where there is no such group.
    func positions(of group: String) throws(LogError) -> GroupPositions? { try groupPositions.positions(of: group) }

    /// How far a partition goes, as a reader would see it, and what it takes.
    func describe(_ view: PartitionView) throws(LogError) -> TopicDescription.Partition {
        var view = view
        return try view.described()
    }

    private func checkVersion(_ bytes: [UInt8]) throws(LogError) {
        let file = "\(path)/\(Self.superfile)"
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, words[0] == "penstock-log", let version = Int(words[1]), version > 0 else {
            throw LogError(
                .notALog, "\(file) does not say that \(path) is a log", hint: "name another directory",
                place: .init(file: file))
        }
        guard version <= Self.version else {
            throw LogError(
                .newerFormat, "the log \(path) has format version \(version); this program reads up to \(Self.version)",
                hint: "use a newer release", place: .init(file: file))
        }
    }

    // Nil where there is no such file.
    private func contents(of name: String, limit: Int) throws(LogError) -> [UInt8]? {
        try explained { () throws(StorageError) in try storage.contents(of: "\(path)/\(name)", limit: limit) }
    }

    private func removeTree(_ root: String) throws(StorageError) {
        guard let kind = try storage.kind(of: root) else { return }
        if kind == .directory {
            for name in try storage.list(root) { try removeTree("\(root)/\(name)") }
        }
        try storage.remove(root)
    }
}

extension StorageError {
    fileprivate static func taken(_ path: String) -> StorageError {
        StorageError(operation: "create", path: path, reason: .alreadyExists, text: "it is there already")
    }
}
