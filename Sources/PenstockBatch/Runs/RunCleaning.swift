public import Foundation

/// Which runs are removed, and with them the programs that no run names any more.
///
/// What runs have left elsewhere stays: results, topics, and the checkpoints in the log.
public struct RunCleaning: Sendable {
    /// A run that is to go.
    public struct Candidate: Sendable, Hashable {
        /// Its folder.
        public let folder: RunFolder
        /// How it ended.
        public let state: JobState
        /// The size of its files, in bytes.
        public let bytes: Int
    }

    /// What was removed.
    public struct Freed: Sendable, Hashable {
        /// How many folders of runs.
        public var runs = 0
        /// How many programs.
        public var programs = 0
        /// Their sizes together.
        public var bytes = 0
    }

    /// The runs that go, by name.
    public let candidates: [Candidate]
    /// Why others that were named, or are old enough, stay.
    public let remarks: [String]
    private let parent: String

    /// Chooses runs by their age.
    /// - Parameters:
    ///   - parent: The folder of the runs.
    ///   - age: How long ago one has to have ended.
    /// - Throws: `BatchError` where the state of a run cannot be told.
    public init(in parent: String, olderThan age: Duration, now: Date = Date()) async throws(BatchError) {
        let limit = now.addingTimeInterval(-(age / .seconds(1)))
        try await self.init(in: parent, RunList(in: parent).all, isNamed: false) { status in
            (status.record?.ended ?? status.record?.beat ?? status.manifest.created) < limit
        }
    }

    /// Chooses runs by name.
    /// - Throws: `BatchError.wrongState` for one that is not over, or that another one waits for.
    public init(in parent: String, _ folders: [RunFolder]) async throws(BatchError) {
        try await self.init(in: parent, folders, isNamed: true) { _ in true }
    }

    private init(
        in parent: String, _ folders: [RunFolder], isNamed: Bool, _ isWanted: (RunStatus) -> Bool
    ) async throws(BatchError) {
        self.parent = URL(fileURLWithPath: parent).standardizedFileURL.path
        var remarks: [String] = []
        var readable: [RunFolder] = []
        for folder in Set(RunList(in: parent).all).union(folders).sorted(by: { $0.path < $1.path }) {
            do {
                _ = try folder.manifest()
                readable.append(folder)
            } catch {
                if isNamed, folders.contains(folder) { throw error }
                remarks.append("\(folder.name) stays: \(error.summary)")
            }
        }
        let states = try await RunStatus.of(readable)
        var awaited: [String: String] = [:]
        for status in states where !status.state.isFinal {
            if let after = status.manifest.after { awaited[RunFolder(after).path] = status.folder.name }
        }
        var candidates: [Candidate] = []
        for status in states where folders.contains(status.folder) && isWanted(status) {
            let name = status.folder.name
            let reason: String? =
                if !status.state.isFinal {
                    "\(name) is \(status.state)"
                } else {
                    awaited[status.folder.path].map { "\($0) waits for \(name)" }
                }
            if let reason {
                guard !isNamed else {
                    throw BatchError(
                        .wrongState, "\(reason): its folder has to stay", hint: "`cancel` ends a run; then it can go")
                }
                remarks.append("\(name) stays: \(reason)")
                continue
            }
            candidates.append(
                Candidate(folder: status.folder, state: status.state, bytes: Self.size(status.folder.path)))
        }
        (self.candidates, self.remarks) = (candidates, remarks)
    }

    /// The programs that no run names when the chosen ones are gone, with their sizes.
    public var programs: [(path: String, bytes: Int)] {
        let going = Set(candidates.map(\.folder))
        guard let named = Self.programsNamed(by: RunList(in: parent).all.filter { !going.contains($0) }) else {
            return []
        }
        return stored.filter { !named.contains($0) }.map { ($0, Self.size($0)) }
    }

    /// Removes the runs and then the programs. What was left half done by a cleaning that was ended goes, too.
    /// - Throws: `BatchError.folder`.
    public func perform() throws(BatchError) -> Freed {
        var freed = Freed()
        let bin = "\(parent)/.removed"
        do {
            try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
            for candidate in candidates {
                // At once, so that no half of a run is ever found.
                try move(candidate.folder.path, into: bin)
                freed.runs += 1
                freed.bytes += candidate.bytes
            }
            for program in programs {
                let place = try move(program.path, into: bin)
                // A run that was submitted meanwhile may name it: it has written that down before it looked for the program.
                let named = Self.programsNamed(by: RunList(in: parent).all)
                if named?.contains(program.path) ?? true, rename(place, program.path) == 0 { continue }
                freed.programs += 1
                freed.bytes += program.bytes
            }
            try FileManager.default.removeItem(atPath: bin)
        } catch {
            throw BatchError(
                .folder, "a folder in \(parent) cannot be removed: \(error.localizedDescription)",
                hint: "who may write there? what was moved to \(bin) can be removed by hand")
        }
        return freed
    }

    @discardableResult private func move(_ path: String, into bin: String) throws -> String {
        let place = "\(bin)/\(URL(fileURLWithPath: path).lastPathComponent)-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.moveItem(atPath: path, toPath: place)
        return place
    }

    /// The folders of programs, each named after a hash.
    private var stored: [String] {
        let folder = ProgramStore(in: parent).folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // Beside them lies what the store remembers of files.
        return names.filter { $0.allSatisfy(\.isHexDigit) }.sorted().map { "\(folder)/\($0)" }
    }

    /// The folders of programs that runs need; nil where a run cannot be read, which may need any of them.
    private static func programsNamed(by runs: [RunFolder]) -> Set<String>? {
        var named: Set<String> = []
        for run in runs {
            guard let manifest = try? run.manifest() else { return nil }
            named.insert(URL(fileURLWithPath: manifest.program.path).deletingLastPathComponent().path)
        }
        return named
    }

    /// The sizes of the files below a folder, links not followed.
    private static func size(_ folder: String) -> Int {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.reduce(0) { sum, path in
            var status = stat()
            guard lstat("\(folder)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
            return sum + Int(status.st_size)
        }
    }
}
