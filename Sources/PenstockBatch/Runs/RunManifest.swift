public import Foundation
internal import PenstockEvents

/// What was submitted: the file `run.json`. Written once; going on with a run changes how many jobs it may have, and nothing else.
public struct RunManifest: Codable, Sendable, Hashable {
    /// The version of this form.
    public var version = 1
    /// The run's id, the name of its folder.
    public var run: String
    /// The name of the pipeline.
    public var pipeline: String
    /// What the program is asked to do, such as `run` or `search replay`.
    public var command: [String]
    /// How: its arguments as they were given.
    public var arguments: [String]
    /// All options of the pipeline with their values, those by default included.
    public var parameters: [String: String]
    /// Those that are not as they are by default; nil where the program could not tell.
    public var changed: [String]?
    /// The files and folders that the pipeline reads.
    public var inputs: [NamedPath]
    /// Those that it makes.
    public var outputs: [NamedPath]
    /// The version of Penstock that the program was built with.
    public var penstockVersion: String
    /// When it was submitted.
    public var created: Date
    /// By whom.
    public var user: String
    /// From which host.
    public var host: String
    /// Where its jobs are queued.
    public var scheduler: SchedulerName
    /// The site profile that was used; nil for none.
    public var site: String?
    /// The program that its jobs run.
    public var program: Program
    /// The state of the source tree that it was submitted from; nil outside of one.
    public var source: SourceState?
    /// The job.
    public var spec: JobSpec
    /// How the jobs follow each other.
    public var chain: ChainRule
    /// The run that has to be completed first; nil for none.
    public var after: String?
    /// The log, as `--log` takes it; a directory by its absolute path.
    public var log: String
    /// Whether members share the work by the partitions of the topics, so that their number can change.
    public var isShared: Bool
    /// The values of each task of a sweep; nil for a run that is none.
    public var sweep: Sweep?

    /// A program, by its file.
    public struct Program: Codable, Sendable, Hashable {
        /// The file that jobs run: a copy of the one that was submitted, under its hash.
        public var path: String
        /// The file that was submitted.
        public var origin: String
        /// SHA-256, in hexadecimal digits.
        public var sha256: String
        /// Its size in bytes.
        public var bytes: Int

        /// A program.
        public init(path: String, origin: String, sha256: String, bytes: Int) {
            (self.path, self.origin, self.sha256, self.bytes) = (path, origin, sha256, bytes)
        }

        /// What the file that jobs run needs of a node.
        /// - Throws: `BatchError.changed` where it is gone.
        var check: BinaryCheck {
            get throws(BatchError) {
                do throws(BinaryError) {
                    return BinaryCheck(try BinaryFacts(of: path, sha256: sha256))
                } catch {
                    throw BatchError(.changed, error.summary, hint: error.hint)
                }
            }
        }
    }

    /// A manifest.
    public init(
        run: String, pipeline: String, command: [String], arguments: [String], parameters: [String: String],
        changed: [String]? = nil, inputs: [NamedPath] = [], outputs: [NamedPath] = [], created: Date, user: String,
        host: String, scheduler: SchedulerName, site: String? = nil, program: Program, source: SourceState? = nil,
        spec: JobSpec, chain: ChainRule, after: String? = nil, log: String, isShared: Bool = false, sweep: Sweep? = nil
    ) {
        self.run = run
        self.pipeline = pipeline
        self.command = command
        self.arguments = arguments
        self.parameters = parameters
        self.changed = changed
        self.inputs = inputs
        self.outputs = outputs
        penstockVersion = PenstockVersion.current
        self.created = created
        self.user = user
        self.host = host
        self.scheduler = scheduler
        self.site = site
        self.program = program
        self.source = source
        self.spec = spec
        self.chain = chain
        self.after = after
        self.log = log
        self.isShared = isShared
        self.sweep = sweep
    }
}

/// How the jobs of a run follow each other.
public struct ChainRule: Codable, Sendable, Hashable {
    /// The most jobs, 1 or more.
    public var jobs: Int
    /// Whether all of them are queued at once, for sites where a job cannot queue another one.
    public var isAhead: Bool
    /// After how many jobs in a row that came no further the run is given up.
    public var stalls: Int
    /// How long before the end of the walltime the run begins to come to a checkpoint, in seconds; nil for what the measured checkpoints take,
    /// and 30 s at least.
    public var graceSeconds: Int?
    /// How many attempts there were when somebody went on with the run: those do not count.
    public var resumedAfter = 0

    /// A rule.
    public init(jobs: Int = 1, isAhead: Bool = false, stalls: Int = 3, graceSeconds: Int? = nil) {
        (self.jobs, self.isAhead, self.stalls, self.graceSeconds) = (jobs, isAhead, stalls, graceSeconds)
    }

    /// The number of the last attempt that there may be.
    public var lastAttempt: Int { resumedAfter + jobs }
}

/// A source tree as `git` sees it.
public struct SourceState: Codable, Sendable, Hashable {
    /// The commit.
    public var commit: String
    /// The branch; nil for none.
    public var branch: String?
    /// Whether files differ from the commit.
    public var isModified: Bool

    /// The state of the tree that a folder lies in; nil where it lies in none, or there is no `git`.
    public static func of(_ folder: String) async -> SourceState? {
        guard isInTree(folder) else { return nil }
        let words = ["git", "-C", folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
        guard let answer = try? await SystemCommand(words).run(), answer.status == 0 else { return nil }
        let lines = answer.output.split(separator: "\n")
        func field(_ name: String) -> String? {
            lines.first { $0.hasPrefix("# branch.\(name) ") }.map { String($0.dropFirst("# branch.\(name) ".count)) }
        }
        guard let commit = field("oid"), commit != "(initial)" else { return nil }
        let branch = field("head")
        return SourceState(
            commit: commit, branch: branch == "(detached)" ? nil : branch,
            isModified: lines.contains { !$0.hasPrefix("#") })
    }

    /// Whether there is anything to ask `git` for.
    private static func isInTree(_ folder: String) -> Bool {
        var place = URL(fileURLWithPath: folder).standardizedFileURL
        while !FileManager.default.fileExists(atPath: place.appendingPathComponent(".git").path) {
            if place.path == "/" { return ProcessInfo.processInfo.environment["GIT_DIR"] != nil }
            place.deleteLastPathComponent()
        }
        return true
    }
}
