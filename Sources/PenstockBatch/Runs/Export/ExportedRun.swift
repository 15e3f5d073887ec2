internal import Foundation
internal import PenstockEvents

/// A run as other programs are told of it: what its folder holds, and where that is.
struct ExportedRun {
    /// What a task of a sweep did, or the run itself.
    struct Work {
        /// The number of the task; nil for a run that is no sweep.
        let task: Int?
        let folder: RunFolder
        let attempts: [StatusRecord]
        let files: RunFiles?
    }

    let folder: RunFolder
    let manifest: RunManifest
    let works: [Work]

    init(_ folder: RunFolder) throws(BatchError) {
        self.folder = folder
        manifest = try folder.manifest()
        var works: [Work] = []
        for (task, part) in folder.workFolders(manifest) {
            works.append(
                Work(task: task, folder: part, attempts: try part.currentAttempts(), files: try part.files()))
        }
        self.works = works
    }

    /// When the run was over; the last time that one of its attempts said something, or when it was submitted, where it is not.
    var lastTime: Date {
        works.flatMap(\.attempts).map { $0.ended ?? $0.beat }.max() ?? manifest.created
    }

    /// The options that are parameters, sorted: those that name files are told as files.
    func parameters(of work: Work) -> [(name: String, value: String)] {
        let records = (work.files?.inputs ?? []) + (work.files?.outputs ?? [])
        let files = Set(records.map(\.option) + (manifest.inputs + manifest.outputs).map(\.option))
        var parameters = manifest.parameters
        if let task = work.task, let sweep = manifest.sweep {
            for (key, value) in zip(sweep.keys, sweep.tasks[task]) { parameters[key] = value }
        }
        return parameters.filter { !files.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What the jobs were called with, as one would write it.
    var commandLine: String { Shell.command([manifest.pipeline] + manifest.command + manifest.arguments) }

    /// The absolute path of a file that is written down from the folder of the submission.
    func place(_ path: String) -> String { path.hasPrefix("/") ? path : "\(manifest.spec.directory)/\(path)" }

    /// A time by ISO 8601, with an offset: the one form that all checkers of crates take.
    static func text(_ date: Date) -> String { date.formatted(RunJSON.format).dropLast() + "+00:00" }

    /// A path as a URI (RFC 8089), which ends in a slash for a folder.
    static func uri(_ path: String, isFolder: Bool = false) -> String {
        URL(fileURLWithPath: path, isDirectory: isFolder).absoluteString
    }
}

/// The forms in which other programs are told of a run.
public enum RunExportFormat: String, Sendable, Hashable, CaseIterable {
    /// RO-Crate 1.1 by the profile Workflow Run Crate 0.5: `ro-crate-metadata.json`.
    case roCrate = "ro-crate"
    /// PROV by the W3C, as PROV-JSON.
    case prov

    /// The name of the file.
    public var fileName: String { self == .roCrate ? "ro-crate-metadata.json" : "prov.json" }
}

extension RunFolder {
    /// Writes what other programs are told of the run. The same folder gives the same bytes.
    /// - Parameter output: The file, or a folder for it; nil for the folder of the run.
    /// - Returns: The path of what was written.
    /// - Throws: `BatchError` where the folder is that of no run or damaged, or the file cannot be written.
    public func export(_ format: RunExportFormat, to output: String? = nil, license: String? = nil) throws(BatchError)
        -> String
    {
        let target = output.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: target, isDirectory: &isFolder)
        let isName = target.hasSuffix(".json") && !(exists && isFolder.boolValue)
        let root = isName ? URL(fileURLWithPath: target).deletingLastPathComponent().path : target
        do { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) } catch {
            throw BatchError(.folder, "\(root) cannot be made: \(error.localizedDescription)")
        }
        let run = try ExportedRun(self)
        let document =
            switch format {
            case .roCrate: WorkflowRunCrate(run, root: root, license: license).document
            case .prov: ProvenanceDocument(run).document
            }
        let file = isName ? target : "\(root)/\(format.fileName)"
        try AtomicFile.write(Data((document.indented + "\n").utf8), to: file)
        return file
    }
}
