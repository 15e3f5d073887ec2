import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// What other programs are told of runs: required keys by the texts of RO-Crate 1.1 and Workflow Run Crate 0.5 and of PROV-JSON, and what the
/// packages `rocrate` and `prov` of Python read.
@Suite struct RunExportTests {
    private let sample = SampleRuns()

    /// A run of two attempts, of which the first handed over, with a file that has a space in its name and a folder.
    private func run() throws -> RunFolder {
        let input = try sample.file("input", "scan 1.h5", "abc")
        try FileManager.default.createDirectory(atPath: sample.folder("tiff"), withIntermediateDirectories: true)
        try sample.folder.write("abc", to: "tiff/1.tif")
        var folder = FileRecord("tiff", at: "tiff", in: sample.folder.path)
        folder.addChecksums(in: sample.folder.path)
        let outputs = [try sample.file("output", "volume.h5", ""), folder]
        return try sample.make(
            "one-1", attempts: [(.handedOver, 3600), (.completed, 61.5)],
            files: RunFiles(
                inputs: [input], outputs: outputs,
                log: .init(location: "penstock-log", topics: [.init(name: "projections", ends: [180])])))
    }

    private func graph(_ path: String) throws -> [String: [String: Any]] {
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        let object = try #require(document as? [String: Any])
        let context = try #require(object["@context"] as? [Any])
        #expect(context.first as? String == "https://w3id.org/ro/crate/1.1/context")
        #expect(context.dropFirst().first as? String == "https://w3id.org/ro/terms/workflow-run/context")
        let entities = try #require(object["@graph"] as? [[String: Any]])
        let ids = entities.compactMap { $0["@id"] as? String }
        #expect(ids.count == entities.count && Set(ids).count == ids.count, "every entity has an id of its own")
        return Dictionary(uniqueKeysWithValues: zip(ids, entities))
    }

    /// The ids that a property refers to.
    private func ids(_ value: Any?) -> [String] {
        let list = value as? [Any] ?? [value].compactMap { $0 }
        return list.compactMap { ($0 as? [String: Any])?["@id"] as? String }
    }

    @Test("a crate has what RO-Crate 1.1 and the profile require")
    func required() throws {
        let run = try run()
        let path = try run.export(.roCrate)
        #expect(path == run("ro-crate-metadata.json"))
        let graph = try graph(path)
        let descriptor = try #require(graph["ro-crate-metadata.json"])
        #expect(descriptor["@type"] as? String == "CreativeWork" && ids(descriptor["about"]) == ["./"])
        #expect(ids(descriptor["conformsTo"]).first == "https://w3id.org/ro/crate/1.1")
        let root = try #require(graph["./"])
        #expect(root["@type"] as? String == "Dataset")
        for key in ["name", "description", "license"] { #expect(root[key] != nil, "\(key)") }
        #expect(root["datePublished"] as? String == "2026-03-01T13:01:01.500+00:00")
        #expect(
            ids(root["conformsTo"]) == [
                "https://w3id.org/ro/wfrun/process/0.5", "https://w3id.org/ro/wfrun/workflow/0.5",
                "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
            ])
        for profile in ids(root["conformsTo"]) { #expect(graph[profile]?["@type"] as? String == "CreativeWork") }

        let workflow = try #require(graph[ids(root["mainEntity"]).first ?? ""])
        #expect(workflow["@type"] as? [String] == ["File", "SoftwareSourceCode", "ComputationalWorkflow"])
        #expect(workflow["@id"] as? String == "plan.json")
        #expect(graph[ids(workflow["programmingLanguage"]).first ?? ""] != nil)
        let program = try #require(graph[ids(workflow["softwareRequirements"]).first ?? ""])
        #expect(
            program["sha256"] as? String == SampleRuns.sha && program["softwareVersion"] as? String == "c0ffee-modified"
        )
        #expect(ids(workflow["input"]) == ["#option-centre", "#option-filter", "#option-input"])
        #expect(ids(workflow["output"]) == ["#option-output", "#option-tiff"])
        for option in ids(workflow["input"]) + ids(workflow["output"]) {
            let parameter = try #require(graph[option])
            #expect(parameter["@type"] as? String == "FormalParameter" && parameter["additionalType"] != nil)
            for example in ids(parameter["workExample"]) { #expect(ids(graph[example]?["exampleOfWork"]) == [option]) }
        }
    }

    @Test("attempts are actions, with what they used and made")
    func actions() throws {
        let graph = try graph(run().export(.roCrate))
        let actions = ids(graph["./"]?["mentions"])
        #expect(actions == ["#attempt-1", "#attempt-2"])
        let (first, last) = (try #require(graph["#attempt-1"]), try #require(graph["#attempt-2"]))
        for action in [first, last] {
            #expect(action["@type"] as? String == "CreateAction" && ids(action["instrument"]) == ["plan.json"])
            #expect(graph[ids(action["agent"]).first ?? ""]?["name"] as? String == "ada")
            #expect(action["actionStatus"] as? String == "http://schema.org/CompletedActionStatus")
            #expect(ids(action["object"]).first == "file://\(sample.folder.path)/scan%201.h5")
            #expect(ids(action["object"]).dropFirst() == ["#value-centre", "#value-filter"])
            let usage = ids(action["resourceUsage"]).compactMap { graph[$0]?["value"] as? String }
            #expect(usage == ["12.5", "3145728"])
        }
        #expect(first["result"] == nil && first["endTime"] as? String == "2026-03-01T13:00:00.000+00:00")
        let results = ids(last["result"])
        #expect(results == ["file://\(sample.folder.path)/volume.h5", "file://\(sample.folder.path)/tiff/"])
        #expect(graph[results[0]]?["sha256"] as? String == FileRecordTests.nothing)
        #expect(graph[results[0]]?["contentSize"] as? String == "0")
        #expect(graph[results[1]]?["@type"] as? String == "Dataset")
        let part = try #require(graph[ids(graph[results[1]]?["hasPart"]).first ?? ""])
        #expect(part["sha256"] as? String == FileRecordTests.abc && part["encodingFormat"] as? String == "image/tiff")
        #expect(graph["#value-centre"]?["value"] as? String == "33.0")
    }

    @Test("an attempt that failed says why, and one that is on its way has no end")
    func otherEnds() throws {
        let run = try sample.make("two-1", attempts: [(.failed, 5), (.running, 5)])
        let graph = try graph(run.export(.roCrate))
        #expect(graph["#attempt-1"]?["actionStatus"] as? String == "http://schema.org/FailedActionStatus")
        #expect(graph["#attempt-1"]?["error"] as? String == "the scan is empty")
        #expect(graph["#attempt-2"]?["actionStatus"] as? String == "http://schema.org/ActiveActionStatus")
        #expect(graph["#attempt-2"]?["endTime"] == nil && graph["#attempt-2"]?["error"] == nil)
    }

    @Test("the same folder gives the same bytes, in a folder of one's own, too", arguments: RunExportFormat.allCases)
    func bytes(_ format: RunExportFormat) throws {
        let run = try run()
        let first = try Data(contentsOf: URL(fileURLWithPath: run.export(format)))
        #expect(try Data(contentsOf: URL(fileURLWithPath: run.export(format))) == first)
        let other = try run.export(format, to: sample.folder("elsewhere"))
        #expect(other == sample.folder("elsewhere/\(format.fileName)"))
        let named = try run.export(format, to: sample.folder("elsewhere/named.json"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: named)) == Data(contentsOf: URL(fileURLWithPath: other)))
        let plan = try String(contentsOfFile: other, encoding: .utf8).contains("file://\(run.path)/plan.json")
        #expect(plan == (format == .roCrate), "what is not in the crate has the URI of its file")
    }

    @Test("a license is named in the crate")
    func license() throws {
        let run = try run()
        let license = "https://spdx.org/licenses/CC-BY-4.0"
        let graph = try graph(run.export(.roCrate, license: license))
        #expect(ids(graph["./"]?["license"]) == [license] && graph[license]?["@type"] as? String == "CreativeWork")
    }

    @Test(
        "rocrate reads the crate, and finds its parts where they are",
        .enabled(if: Python.hasCrates, "\(Python.cratesMissing)"))
    func rocrate() throws {
        let run = try run()
        _ = try run.export(.roCrate)
        let answer = try Python.run(
            """
            import sys, os, hashlib
            from urllib.parse import urlparse, unquote
            from rocrate.rocrate import ROCrate
            crate = ROCrate(sys.argv[1])
            assert crate.mainEntity.id == "plan.json"
            assert "ComputationalWorkflow" in crate.mainEntity.type
            profiles = [p.id for p in crate.root_dataset["conformsTo"]]
            assert "https://w3id.org/ro/wfrun/workflow/0.5" in profiles, profiles
            actions = crate.root_dataset["mentions"]
            assert [a.type for a in actions] == ["CreateAction"] * 2
            assert all(a["instrument"] is crate.mainEntity for a in actions)
            checked = 0
            for entity in crate.get_entities():
                # What is referred to is there.
                for value in entity.properties().values():
                    for v in value if isinstance(value, list) else [value]:
                        if isinstance(v, dict) and "@id" in v and not v["@id"].startswith("http"):
                            assert crate.dereference(v["@id"]) is not None, v
                if "File" in entity.type:
                    url = urlparse(entity.id)
                    path = unquote(url.path) if url.scheme == "file" else os.path.join(sys.argv[1], unquote(entity.id))
                    data = open(path, "rb").read()
                    if "sha256" in entity.properties():
                        assert entity["sha256"] == hashlib.sha256(data).hexdigest(), path
                        assert int(entity["contentSize"]) == len(data)
                        checked += 1
            print(checked)
            """, run.path)
        #expect(answer == "3")
    }

    @Test("prov reads the provenance, and says it in PROV-N", .enabled(if: Python.hasCrates, "\(Python.cratesMissing)"))
    func prov() throws {
        let path = try run().export(.prov)
        let answer = try Python.run(
            """
            import sys
            from prov.model import ProvDocument, ProvActivity, ProvEntity, ProvAgent
            document = ProvDocument.deserialize(sys.argv[1]).unified()
            print(len(list(document.get_records(ProvActivity))), len(list(document.get_records(ProvEntity))),
                  len(list(document.get_records(ProvAgent))))
            print(document.get_provn())
            again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
            assert again == document
            """, path)
        #expect(answer.hasPrefix("2 7 2\n"), "\(answer)")
        for line in [
            "activity(run:attempt-1, 2026-03-01T12:00:00+00:00, 2026-03-01T13:00:00+00:00",
            "used(run:attempt-1, run:input-input, 2026-03-01T12:00:00+00:00)",
            "used(run:attempt-2, run:parameters", "option:centre=\"33.0\"",
            "wasInformedBy(run:attempt-2, run:attempt-1)",
            "wasGeneratedBy(run:output-output, run:attempt-2, 2026-03-01T13:01:01.500000+00:00)",
            "wasGeneratedBy(run:topic-projections, run:attempt-2", "hadMember(run:output-tiff, run:output-tiff-1)",
            "wasAssociatedWith(run:attempt-1, run:program, run:plan.json)", "actedOnBehalfOf(run:program, run:user, -)",
            "schema:sha256=\"\(FileRecordTests.abc)\"",
        ] { #expect(answer.contains(line), "\(line)") }
        #expect(!answer.contains("wasGeneratedBy(run:output-output, run:attempt-1"))
    }
}
