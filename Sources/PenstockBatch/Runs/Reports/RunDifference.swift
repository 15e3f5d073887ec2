internal import Foundation

/// In what two runs differ: in what was submitted, and in what came of it.
///
/// Options that name files are compared by what is in the files, not by their names: a run into another file makes the same.
public struct RunDifference: Sendable {
    /// A difference.
    public struct Entry: Encodable, Sendable, Hashable {
        /// What it is about, such as `parameters` or `outputs`.
        public let section: String
        /// Which one of these.
        public let name: String
        /// How the first run has it, and the second; nil where one does not have it.
        public let first: String?
        public let second: String?
    }

    /// The differences, in the order of what was submitted and what came of it.
    public let entries: [Entry]
    /// What keeps the comparison from being complete, in words.
    public let remarks: [String]

    /// The most files of a folder that are named.
    private static let mostFiles = 20

    /// Compares the folders of two runs. No scheduler is asked.
    /// - Throws: `BatchError` where one of them is none, or is damaged.
    public init(_ first: RunFolder, _ second: RunFolder) throws(BatchError) {
        let (a, b) = (try Side(first), try Side(second))
        var entries: [Entry] = []
        func compare(_ section: String, _ a: [String: String], _ b: [String: String]) {
            for name in Set(a.keys).union(b.keys).sorted() where a[name] != b[name] {
                entries.append(Entry(section: section, name: name, first: a[name], second: b[name]))
            }
        }
        // What both have written down as files is compared as such.
        let files = a.fileOptions.intersection(b.fileOptions)
        compare("pipeline", a.pipeline, b.pipeline)
        compare("parameters", a.parameters(without: files), b.parameters(without: files))
        compare("program", ["sha256": a.manifest.program.sha256], ["sha256": b.manifest.program.sha256])
        compare("source", a.source, b.source)
        compare("site", a.site, b.site)
        compare("resources", a.resources, b.resources)
        compare("inputs", a.contents(\.inputs), b.contents(\.inputs))
        compare("outputs", a.contents(\.outputs), b.contents(\.outputs))
        self.entries = entries
        remarks = [a, b].filter(\.hasNoFiles).map {
            "\($0.name) has not written down what it made: it is not completed"
        }
    }

    /// For people: the differences section by section, or that there is none.
    public var text: String {
        var lines: [String] = []
        var rest = entries[...]
        while let section = rest.first?.section {
            let of = rest.prefix { $0.section == section }
            rest = rest.dropFirst(of.count)
            let shown = of.prefix(Self.mostFiles)
            lines.append(section)
            lines += AlignedText(shown.map { [$0.name, $0.first ?? "-", $0.second ?? "-"] }).lines(indentation: "  ")
            if of.count > shown.count { lines.append("  and \(of.count - shown.count) more") }
        }
        if entries.isEmpty { lines.append("the same") }
        return (lines + remarks).map { $0 + "\n" }.joined()
    }

    /// An object with the differences and the remarks.
    public var json: String {
        struct Report: Encodable {
            let same: Bool
            let differences: [Entry]
            let remarks: [String]
        }
        let report = Report(same: entries.isEmpty, differences: entries, remarks: remarks)
        return String(decoding: RunJSON.data(report), as: UTF8.self)
    }

    /// One of the two.
    private struct Side {
        let name: String
        let manifest: RunManifest
        let works: [(task: Int?, files: RunFiles?)]

        init(_ folder: RunFolder) throws(BatchError) {
            name = folder.name
            manifest = try folder.manifest()
            var works: [(task: Int?, files: RunFiles?)] = []
            for (task, part) in folder.workFolders(manifest) { works.append((task, try part.files())) }
            self.works = works
        }

        var hasNoFiles: Bool { works.contains { $0.files == nil } }

        var pipeline: [String: String] {
            ["pipeline": manifest.pipeline, "command": manifest.command.joined(separator: " ")]
        }

        /// The options whose files are known by their contents.
        var fileOptions: Set<String> {
            var options: Set<String> = []
            for files in works.compactMap(\.files) {
                for record in files.inputs + files.outputs where record.kind != .missing {
                    options.insert(record.option)
                }
            }
            return options
        }

        func parameters(without files: Set<String>) -> [String: String] {
            var parameters = manifest.parameters.filter { !files.contains($0.key) }
            for (task, values) in (manifest.sweep?.tasks ?? []).enumerated() {
                for (key, value) in zip(manifest.sweep?.keys ?? [], values) {
                    parameters["\(key) of task \(task)"] = value
                }
            }
            return parameters
        }

        var source: [String: String] {
            guard let source = manifest.source else { return [:] }
            return ["commit": source.commit, "modified": source.isModified ? "yes" : "no"]
        }

        var site: [String: String] {
            var site = ["scheduler": manifest.scheduler.rawValue]
            site["site"] = manifest.site
            return site
        }

        var resources: [String: String] {
            let (spec, attributes) = (manifest.spec, manifest.spec.attributes)
            var resources = [
                "processors": spec.resources.arithmetic.joined(separator: "; "),
                "walltime": "\(attributes.duration)", "jobs at most": "\(manifest.chain.jobs)",
                "launcher": spec.launcher.rawValue, "requeue": attributes.requeue ? "yes" : "no",
            ]
            resources["processors of the log"] = spec.logResources?.arithmetic.joined(separator: "; ")
            resources["queue"] = attributes.queueName
            resources["account"] = attributes.account
            resources["reservation"] = attributes.reservationID
            resources["constraint"] = attributes.constraint
            if !spec.wrapper.isEmpty { resources["container"] = spec.wrapper.joined(separator: " ") }
            for (name, value) in spec.environment { resources["variable \(name)"] = value }
            for (index, line) in spec.preLaunch.enumerated() { resources["prelude line \(index + 1)"] = line }
            for (name, value) in attributes.customAttributes { resources["directive \(name)"] = value }
            return resources
        }

        /// What is in the files, by their options and, in folders, by their paths.
        func contents(_ part: KeyPath<RunFiles, [FileRecord]>) -> [String: String] {
            var contents: [String: String] = [:]
            for (task, files) in works {
                let place = task.map { "task \($0): " } ?? ""
                for record in files?[keyPath: part] ?? [] {
                    let name = place + record.option
                    switch record.kind {
                    case .missing: contents[name] = "is not there"
                    case .file: contents[name] = text(record.sha256, record.bytes, record.path)
                    case .folder:
                        // Of one that is not listed there is but its size to compare.
                        guard let parts = record.parts else {
                            contents[name + "/"] = RunText.bytes(record.bytes ?? 0)
                            continue
                        }
                        for part in parts {
                            contents["\(name)/\(part.path)"] = text(
                                part.sha256, part.bytes, "\(record.path)/\(part.path)")
                        }
                    }
                }
            }
            return contents
        }

        /// The checksum, or, where there is none, the name and the size.
        private func text(_ sha256: String?, _ bytes: Int?, _ path: String) -> String {
            sha256.map { "sha256 \($0)" } ?? "\(path), \(bytes ?? 0) bytes, without a checksum"
        }
    }
}
