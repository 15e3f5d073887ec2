internal import Foundation
internal import PenstockEvents

/// A run as RO-Crate 1.1 (doi:10.5281/zenodo.4541002) by the profile Workflow Run Crate 0.5 (Leo and others, 2024,
/// doi:10.1371/journal.pone.0309210): the pipeline is the workflow, an attempt an action, an option a parameter.
///
/// What lies in the crate has a path from its root; what lies elsewhere, such as results beside the folder of the run, the URI of its file.
struct WorkflowRunCrate {
    private static let profiles = [
        ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
        ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
        ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
    ]
    private static let terms = "https://w3id.org/ro/terms/workflow-run"

    private let run: ExportedRun
    /// The folder of the crate.
    private let root: String
    private let license: String?
    private var graph = CrateGraph()

    init(_ run: ExportedRun, root: String, license: String?) {
        (self.run, self.root, self.license) = (run, root, license)
        for work in run.works {
            addParameters(of: work)
            addFiles(of: work)
            for attempt in work.attempts { addAction(attempt, work) }
        }
        addContext()
    }

    /// The whole of `ro-crate-metadata.json`.
    var document: JSON {
        var entities = [descriptor, dataset]
        entities += Self.profiles.map { id, name, version in
            .entity(id, "CreativeWork", ["name": .text(name), "version": .text(version)])
        }
        entities.append(workflow)
        return .members([
            // The last term is one of version 0.6 of the profile.
            "@context": .array([
                .text("https://w3id.org/ro/crate/1.1/context"), .text("\(Self.terms)/context"),
                .members(["resourceUsage": .text("\(Self.terms)#resourceUsage")]),
            ]),
            "@graph": .array(entities + graph.entities),
        ])
    }

    // MARK: The crate

    private var descriptor: JSON {
        .entity(
            "ro-crate-metadata.json", "CreativeWork",
            [
                "about": .id("./"),
                "conformsTo": .ids(["https://w3id.org/ro/crate/1.1", Self.profiles[2].0]),
            ])
    }

    private var dataset: JSON {
        let manifest = run.manifest
        return .entity(
            "./", "Dataset",
            [
                "name": .text("Run \(manifest.run) of \(manifest.pipeline)"),
                "description": .text(
                    "A run of the pipeline \(manifest.pipeline) by Penstock \(manifest.penstockVersion), submitted to \(manifest.scheduler.rawValue) by \(manifest.user) on \(manifest.host)."
                ),
                "datePublished": .text(ExportedRun.text(run.lastTime)),
                "license": .id(licenseID), "conformsTo": .ids(Self.profiles.map(\.0)), "author": .id(person),
                "mainEntity": .id(workflowID),
                "hasPart": .ids([workflowID] + graph.parts), "mentions": .ids(graph.actions),
            ])
    }

    private var workflowID: String { identifier(run.folder("plan.json")) }

    private var workflow: JSON {
        let manifest = run.manifest
        return .entity(
            workflowID, types: ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            [
                "name": .text(manifest.pipeline),
                "description": .text("The plan of the pipeline, as its verb explain prints it."),
                "encodingFormat": .text("application/json"), "version": .text(version), "creator": .id(person),
                "dateCreated": .text(ExportedRun.text(manifest.created)), "programmingLanguage": .id("#penstock"),
                "softwareRequirements": .id("#program"), "input": .ids(graph.inputs), "output": .ids(graph.outputs),
            ])
    }

    /// The commit of the sources, where there is one, or the beginning of the program's hash.
    private var version: String {
        guard let source = run.manifest.source else { return String(run.manifest.program.sha256.prefix(16)) }
        return source.commit + (source.isModified ? "-modified" : "")
    }

    /// A license is named by its URL where it has one.
    private var licenseID: String { license.map { $0.contains("://") ? $0 : "#license" } ?? "#no-license" }

    private var person: String { "#person-\(run.manifest.user)" }

    private mutating func addContext() {
        let manifest = run.manifest
        graph.add(.entity(person, "Person", ["name": .text(manifest.user)]))
        graph.add(
            .entity(licenseID, "CreativeWork", ["name": .text(license ?? "No license has been stated.")]))
        graph.add(
            .entity(
                "#program", "SoftwareApplication",
                [
                    "name": .text(manifest.pipeline), "softwareVersion": .text(version),
                    "sha256": .text(manifest.program.sha256), "contentSize": .text("\(manifest.program.bytes)"),
                    "softwareRequirements": .id("#penstock"),
                ]))
        graph.add(
            .entity(
                "#penstock", types: ["SoftwareApplication", "ComputerLanguage"],
                ["name": .text("Penstock"), "version": .text(manifest.penstockVersion)]))
        for (name, format, about) in [
            ("run.json", "application/json", "What was submitted."),
            ("script.sh", "application/x-sh", "The batch script of all jobs."),
        ] where FileManager.default.fileExists(atPath: run.folder(name)) {
            let id = identifier(run.folder(name))
            graph.addPart(
                .entity(
                    id, "File",
                    ["name": .text(name), "description": .text(about), "encodingFormat": .text(format)]), id)
        }
        for work in run.works {
            for name in work.folder.names(in: "log") {
                let id = identifier(work.folder("log/\(name)"))
                graph.addPart(
                    .entity(
                        id, "File",
                        [
                            "name": .text(name), "description": .text("What the jobs have printed."),
                            "encodingFormat": .text("text/plain"),
                        ]), id)
            }
        }
    }

    // MARK: Parameters and files

    private mutating func addParameters(of work: ExportedRun.Work) {
        for (name, value) in run.parameters(of: work) {
            let id = "#value-\(name)" + suffix(work)
            graph.add(
                .entity(
                    id, "PropertyValue",
                    ["name": .text(name), "value": .text(value), "exampleOfWork": .id("#option-\(name)")]))
            graph.addExample(id, of: name, kind: Self.type(of: value), isInput: true)
        }
    }

    private mutating func addFiles(of work: ExportedRun.Work) {
        for (records, isInput) in [(work.files?.inputs ?? [], true), (work.files?.outputs ?? [], false)] {
            for record in records where record.kind != .missing {
                let isFolder = record.kind == .folder
                let place = run.place(record.path)
                let id = identifier(place, isFolder: isFolder)
                graph.addExample(id, of: record.option, kind: isFolder ? "Dataset" : "File", isInput: isInput)
                var members: KeyValuePairs<String, JSON?> = [
                    "name": .text(record.path), "contentSize": record.bytes.map { .text("\($0)") },
                    "encodingFormat": MediaType.of(record.path).map { .text($0) },
                    "sha256": record.sha256.map { .text($0) }, "exampleOfWork": .id("#option-\(record.option)"),
                ]
                if isFolder {
                    let parts = (record.parts ?? []).map { (part: $0, id: identifier("\(place)/\($0.path)")) }
                    members = [
                        "name": .text(record.path), "contentSize": record.bytes.map { .text("\($0)") },
                        "hasPart": .ids(parts.map(\.id)), "exampleOfWork": .id("#option-\(record.option)"),
                    ]
                    for (part, id) in parts {
                        graph.add(
                            .entity(
                                id, "File",
                                [
                                    "name": .text(part.path), "contentSize": .text("\(part.bytes)"),
                                    "encodingFormat": MediaType.of(part.path).map { .text($0) },
                                    "sha256": part.sha256.map { .text($0) },
                                ]))
                    }
                }
                graph.addPart(.entity(id, isFolder ? "Dataset" : "File", members), id)
            }
        }
    }

    // MARK: Attempts

    private mutating func addAction(_ attempt: StatusRecord, _ work: ExportedRun.Work) {
        let id = "#attempt-\(attempt.attempt)" + suffix(work)
        func ids(_ records: [FileRecord]?) -> [String] {
            (records ?? []).filter { $0.kind != .missing }.map {
                identifier(run.place($0.path), isFolder: $0.kind == .folder)
            }
        }
        let isDone = attempt.outcome == .completed
        let hasFailed = attempt.outcome == .failed || attempt.outcome == .canceled
        var usage: [String] = []
        let figures = [
            ("processor-time", "processor time", attempt.processorSeconds.map { "\($0)" }, "s"),
            ("peak-memory", "peak memory", attempt.peakBytes.map { "\($0)" }, "byte"),
        ]
        for case (let key, let name, let value?, let unit) in figures {
            usage.append("\(id)-\(key)")
            graph.add(
                .entity(
                    "\(id)-\(key)", "PropertyValue",
                    ["name": .text(name), "value": .text(value), "unitText": .text(unit)]))
        }
        let values = run.parameters(of: work).map { "#value-\($0.name)" + suffix(work) }
        let task = work.task.map { ", task \($0)" } ?? ""
        let reason = attempt.reason.map { ": \($0)" } ?? ""
        graph.addAction(
            .entity(
                id, "CreateAction",
                [
                    "name": .text("Attempt \(attempt.attempt) of \(run.manifest.run)\(task)"),
                    "description": .text(
                        "\(run.commandLine), as job \(attempt.jobID) on \(attempt.host): \(attempt.outcome.rawValue)\(reason)"
                    ),
                    "startTime": .text(ExportedRun.text(attempt.started)),
                    "endTime": attempt.ended.map { .text(ExportedRun.text($0)) },
                    "actionStatus": .text("http://schema.org/\(Self.status(attempt.outcome))"),
                    "error": hasFailed ? .text(attempt.reason ?? attempt.outcome.rawValue) : nil,
                    "agent": .id(person), "instrument": .id(workflowID),
                    "object": .ids(ids(work.files?.inputs) + values),
                    "result": isDone ? .ids(ids(work.files?.outputs)) : nil,
                    "resourceUsage": usage.isEmpty ? nil : .ids(usage),
                ]), id)
    }

    /// An attempt that has handed over has done what it was to do.
    private static func status(_ outcome: StatusRecord.Outcome) -> String {
        switch outcome {
        case .running: "ActiveActionStatus"
        case .completed, .handedOver: "CompletedActionStatus"
        case .failed, .canceled: "FailedActionStatus"
        }
    }

    // MARK: Names

    private func suffix(_ work: ExportedRun.Work) -> String { work.task.map { "-of-task-\($0)" } ?? "" }

    /// A path from the root of the crate for what lies in it, else the URI of the file.
    private func identifier(_ path: String, isFolder: Bool = false) -> String {
        let uri = ExportedRun.uri(path, isFolder: isFolder)
        let base = ExportedRun.uri(root, isFolder: true)
        return uri.hasPrefix(base) ? String(uri.dropFirst(base.count)) : uri
    }

    /// The type of a value as the profile names it.
    private static func type(of value: String) -> String {
        if Int(value) != nil { return "Integer" }
        if let number = Double(value), number.isFinite { return "Float" }
        return ["true", "false"].contains(value) ? "Boolean" : "Text"
    }
}
