internal import Foundation

/// All that the folder of a run tells, for people.
public struct RunDetails: Sendable {
    private let status: RunStatus
    private let manifest: RunManifest
    /// What each task of a sweep did, or the run itself.
    private let works: [Work]

    private struct Work {
        let task: Int?
        let attempts: [StatusRecord]
        let jobs: [JobRecord]
        let files: RunFiles?
    }

    /// Looks at a run, and asks its scheduler.
    /// - Throws: `BatchError` where there is none, or its folder is damaged.
    public init(_ folder: RunFolder) async throws(BatchError) {
        status = try await RunStatus.of([folder])[0]
        manifest = status.manifest
        var works: [Work] = []
        for (task, part) in folder.workFolders(manifest) {
            works.append(
                Work(
                    task: task, attempts: try part.currentAttempts(), jobs: try part.jobs(), files: try part.files()))
        }
        self.works = works
    }

    /// The text, of several sections.
    public var text: String {
        var lines = ["\(status.folder.name): \(status.state)" + (status.remark.map { ": \($0)" } ?? "")]
        lines += submission.lines(indentation: "  ")
        func section(_ title: String, _ text: AlignedText) {
            if !text.isEmpty { lines += ["", title] + text.lines(indentation: "  ") }
        }
        section(parametersTitle, parameters)
        for work in works {
            let place = work.task.map { " of task \($0)" } ?? ""
            if let task = work.task {
                let values = manifest.sweep?.labels(of: task).joined(separator: " ") ?? ""
                lines += ["", "task \(task): \(values)"]
            }
            section("attempts" + place, attempts(work))
            section("jobs" + place, jobs(work))
            section("inputs" + place, files(work.files?.inputs ?? []))
            section("outputs" + place, files(work.files?.outputs ?? []))
            section("log" + place, log(work.files?.log))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: What was submitted

    private var submission: AlignedText {
        var text = AlignedText()
        text.add("folder", status.folder.path)
        text.add("pipeline", ([manifest.pipeline] + manifest.command).joined(separator: " "))
        let site = manifest.site.map { ", site \($0)" } ?? ""
        text.add(
            "submitted",
            "\(RunText.time(manifest.created)) by \(manifest.user) on \(manifest.host), to \(manifest.scheduler.rawValue)\(site)"
        )
        text.add("from", manifest.spec.directory)
        text.add("log", manifest.log + (manifest.isShared ? ", shared by the members of the run" : ""))
        if let after = manifest.after { text.add("after", RunFolder(after).name) }
        text.add("source", manifest.source?.description ?? "no git repository")
        text.add(
            "program",
            "sha256 \(manifest.program.sha256), \(RunText.bytes(manifest.program.bytes)), Penstock \(manifest.penstockVersion)"
        )
        text.add("copied from", manifest.program.origin)
        for (index, line) in asked.enumerated() { text.add(index == 0 ? "asks for" : "", line) }
        return text
    }

    private var asked: [String] {
        let (spec, attributes) = (manifest.spec, manifest.spec.attributes)
        var lines = spec.resources.arithmetic + (spec.logResources?.arithmetic.map { "for the log: \($0)" } ?? [])
        let jobs = manifest.chain.jobs
        lines.append("\(attributes.duration)" + (jobs > 1 ? " × \(jobs) jobs at most" : ""))
        for (name, value) in [
            ("queue", attributes.queueName), ("account", attributes.account),
            ("reservation", attributes.reservationID), ("constraint", attributes.constraint),
        ] {
            if let value { lines.append("\(name) \(value)") }
        }
        return lines
    }

    private var parametersTitle: String {
        guard let changed = manifest.changed else { return "parameters" }
        let rest = manifest.parameters.count - changed.count
        return "parameters that differ from their defaults (\(rest) do not)"
    }

    private var parameters: AlignedText {
        let names = manifest.changed ?? manifest.parameters.keys.sorted()
        return AlignedText(names.map { [$0, manifest.parameters[$0] ?? "-"] })
    }

    // MARK: What became of it

    private func attempts(_ work: Work) -> AlignedText {
        AlignedText(
            work.attempts.map { record in
                var parts = [record.outcome.rawValue + (record.reason.map { ": \($0)" } ?? "")]
                if let checkpoint = record.checkpoint ?? record.restored { parts.append("checkpoint \(checkpoint)") }
                if let seconds = record.processorSeconds {
                    parts.append("processor time \(RunText.duration(seconds))")
                }
                if let bytes = record.peakBytes { parts.append("\(RunText.bytes(bytes)) of memory at most") }
                return [
                    "\(record.attempt)", RunText.time(record.started), RunText.duration(record.seconds),
                    "job \(record.jobID) on \(record.host)", parts.joined(separator: ", "),
                ]
            })
    }

    private func jobs(_ work: Work) -> AlignedText {
        AlignedText(
            work.jobs.map { job in
                let after = job.after.map { "\($0.kind.rawValue) \($0.job)" }
                let role = job.role == .run ? [] : ["joins the run"]
                return [
                    job.id, RunText.time(job.submitted), RunText.count(job.nodes, "node"),
                    job.command.joined(separator: " "), (role + after).joined(separator: ", "),
                ]
            })
    }

    private func files(_ records: [FileRecord]) -> AlignedText {
        AlignedText(
            records.map { record in
                switch record.kind {
                case .missing: [record.option, record.path, "is not there"]
                case .file:
                    [
                        record.option, record.path, RunText.bytes(record.bytes ?? 0),
                        record.sha256.map { "sha256 \($0)" } ?? "without a checksum",
                    ]
                case .folder:
                    [
                        record.option, record.path + "/", RunText.bytes(record.bytes ?? 0),
                        record.parts.map { RunText.count($0.count, "file") + ", their checksums in outputs.json" }
                            ?? "more than \(FileRecord.mostParts) files",
                    ]
                }
            })
    }

    private func log(_ log: RunFiles.Log?) -> AlignedText {
        guard let log else { return AlignedText() }
        let rows = log.topics.map { topic in
            ["\(log.location)", topic.name, "ends at " + topic.ends.map { "\($0)" }.joined(separator: ", ")]
        }
        return AlignedText(rows.isEmpty ? [[log.location]] : rows)
    }
}

extension SourceState: CustomStringConvertible {
    /// Such as `3f2a… on main, modified`.
    public var description: String {
        commit + (branch.map { " on \($0)" } ?? "") + (isModified ? ", modified" : "")
    }
}
