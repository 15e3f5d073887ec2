internal import Foundation

/// Copies of the programs that runs were submitted with, each under its hash: the jobs of a run go on with the program that began it, however
/// often that is built anew.
struct ProgramStore {
    /// `runs/.programs`.
    let folder: String

    /// A program that is submitted.
    struct Entry: Sendable {
        let program: RunManifest.Program
        /// What it needs of a node.
        let check: BinaryCheck
        /// The file when it was read.
        fileprivate let stamp: FileStamp
    }

    /// What was found out of a file that was submitted before, so that it is read once: its hash, and the copy of it.
    private struct Known: Codable, Hashable {
        var origin: FileStamp
        var sha256: String
        var copy: FileStamp
    }

    init(in runs: String) { folder = URL(fileURLWithPath: runs).standardizedFileURL.path + "/.programs" }

    /// What a program would be called here, and what it needs of a node. A file that is as it was at an earlier submission is not read again:
    /// nodes look at the hash themselves.
    /// - Throws: `BatchError` where it is not there, cannot be read, or is no program of Linux.
    func entry(of origin: String) throws(BatchError) -> Entry {
        do throws(BinaryError) {
            let stamp = FileStamp(of: origin)
            let earlier = known[origin].flatMap { $0.origin == stamp ? $0.sha256 : nil }
            let facts = try BinaryFacts(of: origin, sha256: earlier)
            let name = URL(fileURLWithPath: origin).lastPathComponent
            let path = "\(folder)/\(facts.sha256.prefix(16))/\(name)"
            let program = RunManifest.Program(path: path, origin: origin, sha256: facts.sha256, bytes: facts.bytes)
            return Entry(program: program, check: BinaryCheck(facts), stamp: stamp ?? FileStamp())
        } catch {
            throw BatchError(.changed, error.summary, hint: error.hint)
        }
    }

    /// Keeps a program, unless it is kept already.
    /// - Throws: `BatchError.folder`; `changed` where it was built anew meanwhile.
    func keep(_ entry: Entry) throws(BatchError) {
        let program = entry.program
        var known = known
        let copy = FileStamp(of: program.path)
        let isKept = known.values.contains { $0.copy == copy && $0.sha256 == program.sha256 }
        if isKept, known[program.origin]?.origin == entry.stamp { return }
        if !isKept { try copyFile(entry) }
        // A file that is changed again at the same tick of the clock looks the same.
        guard entry.stamp.age > 2, let copy = FileStamp(of: program.path) else { return }
        known[program.origin] = Known(origin: entry.stamp, sha256: program.sha256, copy: copy)
        try AtomicFile.write(RunJSON.data(known), to: knownPath)
    }

    private func copyFile(_ entry: Entry) throws(BatchError) {
        let program = entry.program
        let temporary = "\(program.path).\(getpid()).new"
        do {
            let place = URL(fileURLWithPath: program.path).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: program.origin, toPath: temporary)
        } catch {
            unlink(temporary)
            throw BatchError(.folder, "the program cannot be copied to \(folder): \(error.localizedDescription)")
        }
        guard FileStamp(of: program.origin) == entry.stamp else {
            unlink(temporary)
            throw BatchError(.changed, "\(program.origin) was changed while it was submitted", hint: "submit again")
        }
        guard rename(temporary, program.path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw BatchError(.folder, "the program cannot be put at \(program.path): \(reason)")
        }
    }

    private var knownPath: String { "\(folder)/known.json" }

    /// By the paths of the files that were submitted. What cannot be read is found out again.
    private var known: [String: Known] {
        guard let data = FileManager.default.contents(atPath: knownPath) else { return [:] }
        return (try? RunJSON.value([String: Known].self, from: data, of: knownPath)) ?? [:]
    }
}

/// What tells a file from what it was before, without reading it.
struct FileStamp: Codable, Sendable, Hashable {
    private var bytes = 0
    private var device: UInt = 0
    private var inode: UInt = 0
    /// When its bytes and when its attributes were changed last, in nanoseconds since 1970.
    private var modified = 0
    private var changed = 0

    /// That of no file.
    init() {}

    /// Nil where there is no file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        func nanoseconds(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
        bytes = Int(status.st_size)
        (device, inode) = (UInt(status.st_dev), UInt(status.st_ino))
        (modified, changed) = (nanoseconds(status.st_mtim), nanoseconds(status.st_ctim))
    }

    /// For how many seconds nothing has changed.
    var age: Double { Date().timeIntervalSince1970 - Double(max(modified, changed)) / 1e9 }
}
