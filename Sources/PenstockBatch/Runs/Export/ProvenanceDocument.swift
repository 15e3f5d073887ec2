internal import Foundation
internal import PenstockEvents

/// A run by the data model of the W3C for provenance (PROV-DM, Moreau and Missier, 2013), written as PROV-JSON (Huynh and others, W3C member
/// submission, 2013).
///
/// Files are entities, attempts activities, the user and the program agents; the plan is what the program was associated by, and an attempt
/// was informed by the one whose checkpoint it went on from.
struct ProvenanceDocument {
    private let run: ExportedRun
    /// The records of each kind by their ids, in order.
    private var records: [(kind: String, members: [JSON.Member])] = [
        "entity", "activity", "agent", "used", "wasGeneratedBy", "wasAssociatedWith", "wasInformedBy",
        "actedOnBehalfOf", "hadMember",
    ].map { ($0, []) }
    private var known: Set<String> = []

    init(_ run: ExportedRun) {
        self.run = run
        addAgents()
        for work in run.works { add(work) }
    }

    /// The whole document.
    var document: JSON {
        let folder = ExportedRun.uri(run.folder.path, isFolder: true)
        let prefixes = JSON.members([
            "run": .text(folder), "option": .text(folder + "run.json#"), "schema": .text("https://schema.org/"),
        ])
        let filled = records.filter { !$0.members.isEmpty }.map { JSON.Member($0.kind, .object($0.members)) }
        return .object([JSON.Member("prefix", prefixes)] + filled)
    }

    private mutating func add(_ kind: String, _ id: String, _ members: KeyValuePairs<String, JSON?>) {
        guard let index = records.firstIndex(where: { $0.kind == kind }), known.insert("\(kind) \(id)").inserted else {
            return
        }
        records[index].members.append(JSON.Member(id, .members(members)))
    }

    /// Adds a relation; the two ends give its id.
    private mutating func relate(
        _ kind: String, _ first: (String, String), _ second: (String, String), time: Date? = nil, plan: String? = nil
    ) {
        let id = "_:\(kind)-\(first.1.dropFirst(4))-\(second.1.dropFirst(4))"
        add(
            kind, id,
            [
                first.0: .text(first.1), second.0: .text(second.1), "prov:plan": plan.map { .text($0) },
                "prov:time": time.map { .text(ExportedRun.text($0)) },
            ])
    }

    private mutating func addAgents() {
        let manifest = run.manifest
        add(
            "agent", "run:user",
            ["prov:type": .type("prov:Person"), "prov:label": .text(manifest.user)])
        add(
            "agent", "run:program",
            [
                "prov:type": .type("prov:SoftwareAgent"), "prov:label": .text(manifest.pipeline),
                "prov:location": .text(ExportedRun.uri(manifest.program.path)),
                "schema:sha256": .text(manifest.program.sha256),
                "schema:softwareVersion": .text("Penstock \(manifest.penstockVersion)"),
                "schema:commit": manifest.source.map { .text($0.description) },
            ])
        add(
            "entity", "run:plan.json",
            ["prov:type": .type("prov:Plan"), "prov:label": .text("the plan of \(manifest.pipeline)")])
        relate("actedOnBehalfOf", ("prov:delegate", "run:program"), ("prov:responsible", "run:user"))
    }

    private mutating func add(_ work: ExportedRun.Work) {
        let suffix = work.task.map { "-of-task-\($0)" } ?? ""
        let parameters = "run:parameters\(suffix)"
        let values = run.parameters(of: work).map { JSON.Member("option:\($0.name)", .text($0.value)) }
        if let index = records.firstIndex(where: { $0.kind == "entity" }) {
            let label = JSON.Member("prov:label", .text("the options of the pipeline"))
            records[index].members.append(JSON.Member(parameters, .object([label] + values)))
        }
        let inputs = addFiles(work.files?.inputs, "input", suffix)
        let outputs = addFiles(work.files?.outputs, "output", suffix)
        let topics = addTopics(work.files?.log, suffix)
        let isReplay = run.manifest.command.last == "replay"
        var previous: String?
        for attempt in work.attempts {
            let id = "run:attempt-\(attempt.attempt)\(suffix)"
            add(
                "activity", id,
                [
                    "prov:startTime": .text(ExportedRun.text(attempt.started)),
                    "prov:endTime": attempt.ended.map { .text(ExportedRun.text($0)) },
                    "prov:label": .text("attempt \(attempt.attempt), job \(attempt.jobID) on \(attempt.host)"),
                    "schema:actionStatus": .text(attempt.outcome.rawValue),
                    "schema:error": attempt.outcome == .completed ? nil : attempt.reason.map { .text($0) },
                ])
            relate(
                "wasAssociatedWith", ("prov:activity", id), ("prov:agent", "run:program"), plan: "run:plan.json")
            for input in [parameters] + inputs + (isReplay ? topics : []) {
                relate("used", ("prov:activity", id), ("prov:entity", input), time: attempt.started)
            }
            if let previous {
                relate("wasInformedBy", ("prov:informed", id), ("prov:informant", previous))
            }
            if attempt.outcome == .completed {
                for output in outputs + (isReplay ? [] : topics) {
                    relate("wasGeneratedBy", ("prov:entity", output), ("prov:activity", id), time: attempt.ended)
                }
            }
            previous = id
        }
    }

    /// Adds files as entities, folders as collections with their files as members.
    private mutating func addFiles(_ records: [FileRecord]?, _ role: String, _ suffix: String) -> [String] {
        var ids: [String] = []
        for record in records ?? [] where record.kind != .missing {
            let id = "run:\(role)-\(record.option)\(suffix)"
            let place = run.place(record.path)
            let isFolder = record.kind == .folder
            ids.append(id)
            add(
                "entity", id,
                [
                    "prov:type": isFolder ? .type("prov:Collection") : nil, "prov:label": .text(record.path),
                    "prov:location": .text(ExportedRun.uri(place, isFolder: isFolder)),
                    "schema:sha256": record.sha256.map { .text($0) },
                    "schema:contentSize": record.bytes.map { .text("\($0)") },
                ])
            for (number, part) in (record.parts ?? []).enumerated() {
                let member = "\(id)-\(number + 1)"
                add(
                    "entity", member,
                    [
                        "prov:label": .text("\(record.path)/\(part.path)"),
                        "prov:location": .text(ExportedRun.uri("\(place)/\(part.path)")),
                        "schema:sha256": part.sha256.map { .text($0) }, "schema:contentSize": .text("\(part.bytes)"),
                    ])
                relate("hadMember", ("prov:collection", id), ("prov:entity", member))
            }
        }
        return ids
    }

    private mutating func addTopics(_ log: RunFiles.Log?, _ suffix: String) -> [String] {
        guard let log else { return [] }
        return log.topics.map { topic in
            let id = "run:topic-\(topic.name)\(suffix)"
            add(
                "entity", id,
                [
                    "prov:label": .text("the topic \(topic.name)"), "prov:location": .text(log.location),
                    "schema:position": .text(topic.ends.map { "\($0)" }.joined(separator: ",")),
                ])
            return id
        }
    }
}

extension JSON {
    /// A type of PROV.
    fileprivate static func type(_ name: String) -> JSON {
        .members(["$": .text(name), "type": .text("prov:QUALIFIED_NAME")])
    }
}
