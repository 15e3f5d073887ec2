internal import Foundation
public import PenstockEngine

/// A program outside of Penstock that turns files into files: a simulation code, a converter, a script.
///
/// ```swift
/// let sort = ExternalProgram("sort", ["names.txt", "-o", "sorted.txt"], timeLimit: .seconds(10))
/// let outcome = try await sort.run(["names.txt": bytes], reading: ["sorted.txt"])
/// ```
///
/// Each run has a working folder of its own, which is made for it and removed behind it. The program is the leader of a process group of its
/// own; whatever is left of the group when it ends, or is stopped, is killed. Copies of a program share its places: `atATime` bounds all of
/// their runs together. Where Penstock itself is killed by SIGKILL, programs go on and their folders stay.
public struct ExternalProgram: Sendable {
    /// A name that is looked for in the folders of the environment's `PATH`, or a path.
    public let executable: String
    /// What it is called with.
    public var arguments: [String]
    /// The variables that it sees; those of Penstock by default. `TMPDIR` is the working folder in any case.
    public var environment: [String: String]
    /// How long a run may take. Then its group gets SIGTERM, and SIGKILL where it goes on for longer than `grace`.
    public var timeLimit: Duration
    /// How long a program that is stopped has for an end of its own.
    public var grace: Duration = .seconds(2)
    /// Further runs behind one that failed, except where the program is not there.
    public var retries: Retries
    /// The most bytes that it may print, to standard output and to standard error each. One that prints more is stopped.
    public var outputBytesMax = 1 << 20
    /// The most bytes of all files together that are read back.
    public var fileBytesMax = 1 << 28
    /// Where working folders are made, and which of them stay.
    public var folders: WorkingFolders
    let places: ProgramPlaces

    /// A program.
    /// - Parameters:
    ///   - executable: A name that is looked for in `PATH`, or a path.
    ///   - arguments: What it is called with.
    ///   - environment: The variables that it sees; those of Penstock where nil.
    ///   - timeLimit: How long a run may take.
    ///   - retries: Further runs behind one that failed.
    ///   - atATime: The most runs at a time; others wait.
    ///   - folders: Where working folders are made, and which of them stay.
    /// - Precondition: The time limit is above zero, and there is a place at least.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil, timeLimit: Duration,
        retries: Retries = .none, atATime: Int = 1, folders: WorkingFolders = WorkingFolders()
    ) {
        precondition(timeLimit > .zero, "a program needs time to run")
        precondition(atATime > 0, "a program needs a place to run")
        (self.executable, self.arguments, self.timeLimit, self.retries) = (executable, arguments, timeLimit, retries)
        self.environment = environment ?? ProcessInfo.processInfo.environment
        self.folders = folders
        places = ProgramPlaces(atATime)
    }

    /// The most runs at a time.
    public var atATime: Int { places.count }

    /// Runs the program in a fresh folder with these files, and reads files back.
    ///
    /// Cancelling the task stops the program; `run` returns when nothing is left of it.
    /// - Parameters:
    ///   - files: The names of files in the working folder, folders below it included, and what is in them.
    ///   - standardInput: Which of the files the program reads as its standard input; nothing where nil.
    ///   - reading: The files that the program has to have written when it ends.
    /// - Throws: `ProgramError`, of the last attempt; `CancellationError`.
    public func run(
        _ files: [String: [UInt8]] = [:], standardInput: String? = nil, reading: [String] = []
    ) async throws -> ProgramOutcome {
        var attempt = 0
        while true {
            do {
                return try await places.withPlace {
                    try await once(files, standardInput, reading)
                }
            } catch let error as ProgramError where attempt < retries.count && error.code != .notFound {
                try await Task.sleep(for: .nanoseconds(retries.delay(before: attempt)))
                attempt += 1
            }
        }
    }

    /// One attempt, in a folder of its own.
    private func once(
        _ files: [String: [UInt8]], _ standardInput: String?, _ reading: [String]
    ) async throws -> ProgramOutcome {
        try Task.checkCancellation()
        let path = try path()
        let folder = try WorkingFolder(of: self)
        // Those that were cancelled leave none in any case.
        var isKept = false
        defer { if !isKept { folder.remove() } }
        do {
            for (name, bytes) in files.sorted(by: { $0.key < $1.key }) { try folder.write(bytes, to: name) }
            let end = try await ChildProgram(self, path: path, folder: folder, standardInput: standardInput).ended()
            try end.check(self)
            var found: [String: [UInt8]] = [:]
            var room = fileBytesMax
            for name in reading {
                let bytes = try folder.read(name, atMost: room)
                room -= bytes.count
                found[name] = bytes
            }
            isKept = folders.kept == .all
            return ProgramOutcome(
                files: found, standardOutput: end.output, standardError: end.errors,
                folder: isKept ? folder.path : nil)
        } catch var error as ProgramError {
            isKept = folders.kept != .none
            error.folder = isKept ? folder.path : nil
            error.lastOutput = error.lastOutput.replacingOccurrences(of: folder.path, with: ".")
            error.lastErrors = error.lastErrors.replacingOccurrences(of: folder.path, with: ".")
            throw error
        }
    }

    /// The file of the program.
    /// - Throws: `ProgramError` with the code `notFound` where it is not there, or may not be executed.
    public func path() throws(ProgramError) -> String {
        func isExecutable(_ path: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: path)
        }
        if executable.contains("/") {
            // A path is meant from here, not from the working folder.
            let path = URL(fileURLWithPath: executable).path
            if isExecutable(path) { return path }
            throw ProgramError(.notFound, program: executable, "there is no such program")
        }
        for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") where folder.hasPrefix("/") {
            let path = "\(folder)/\(executable)"
            if isExecutable(path) { return path }
        }
        throw ProgramError(.notFound, program: executable, "there is no such program in the folders of PATH")
    }
}

/// What a program that ended with status 0 has left behind.
public struct ProgramOutcome: Sendable, Hashable {
    /// The files that were asked for.
    public let files: [String: [UInt8]]
    /// What it printed.
    public let standardOutput: [UInt8]
    /// What it printed as errors and warnings.
    public let standardError: [UInt8]
    /// The working folder, where it was to be kept.
    public let folder: String?

    /// The text of a file that was asked for; what is no UTF-8 in it is replaced.
    /// - Precondition: It was asked for.
    public func text(_ name: String) -> String {
        guard let bytes = files[name] else { preconditionFailure("the file \(name) was not asked for") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
