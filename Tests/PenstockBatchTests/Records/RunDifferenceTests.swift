import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// In what two runs differ.
@Suite struct RunDifferenceTests {
    private let sample = SampleRuns()

    private func files(_ name: String, _ text: String, parts: [FileRecord.Part]? = nil) throws -> RunFiles {
        let input = try sample.file("input", "scan.h5", "abc")
        let output = try sample.file("output", name, text)
        let folder = parts.map { FileRecord(option: "tiff", path: "tiff", kind: .folder, bytes: 1, parts: $0) }
        return RunFiles(inputs: [input], outputs: [output] + [folder].compactMap { $0 })
    }

    @Test("runs that read and made the same are the same, whatever the files are called")
    func same() throws {
        let a = try sample.make("a", files: files("a.h5", "x")) { $0.parameters["output"] = "a.h5" }
        let b = try sample.make(
            "b", submitted: .now, attempts: [(.handedOver, 1), (.completed, 2)], files: files("b.h5", "x")
        ) {
            $0.parameters["output"] = "b.h5"
        }
        let difference = try RunDifference(a, b)
        #expect(difference.entries.isEmpty && difference.text == "the same\n")
        #expect(difference.json.contains("\"same\" : true"))
    }

    @Test("parameters, program, source, site and resources are compared")
    func submission() throws {
        let a = try sample.make("a", files: files("a.h5", "x"))
        let b = try sample.make("b", files: files("b.h5", "x")) {
            $0.parameters["centre"] = "34.0"
            $0.parameters["tilt"] = "0.1"
            $0.program.sha256 = String(repeating: "cd", count: 32)
            $0.source?.isModified = false
            $0.site = "daint"
            $0.spec.resources.memory = ByteCount(1 << 30)
            $0.spec.attributes.duration = Walltime(seconds: 60)
            $0.spec.environment["OMP_NUM_THREADS"] = "1"
        }
        let difference = try RunDifference(a, b)
        let names = difference.entries.map { "\($0.section) \($0.name): \($0.first ?? "-") | \($0.second ?? "-")" }
        let core = "1 node × 1 process × 1 core = 1 core"
        #expect(
            names == [
                "parameters centre: 33.0 | 34.0", "parameters tilt: - | 0.1",
                "program sha256: \(SampleRuns.sha) | \(String(repeating: "cd", count: 32))",
                "source modified: yes | no", "site site: - | daint",
                "resources processors: \(core) | \(core); 1 GiB of memory",
                "resources variable OMP_NUM_THREADS: - | 1", "resources walltime: 2h | 1min",
            ])
    }

    @Test("files differ by what is in them, those of folders one by one")
    func outputs() throws {
        func parts(_ sums: [String: String]) -> [FileRecord.Part] {
            sums.sorted { $0.key < $1.key }.map { .init(path: $0.key, bytes: 1, sha256: $0.value) }
        }
        let a = try sample.make(
            "a", files: files("a.h5", "", parts: parts(["1.tif": "11", "2.tif": "22", "3.tif": "33"])))
        let b = try sample.make("b", files: files("a.h5", "abc", parts: parts(["1.tif": "11", "2.tif": "20"])))
        let text = try RunDifference(a, b).text
        #expect(
            text == """
                outputs
                  output      sha256 \(FileRecordTests.nothing)  sha256 \(FileRecordTests.abc)
                  tiff/2.tif  sha256 22                                                                sha256 20
                  tiff/3.tif  sha256 33                                                                -

                """)
    }

    @Test("a run that has not written down what it made is said to be so")
    func unfinished() throws {
        let a = try sample.make("a", attempts: [(.failed, 1)])
        let difference = try RunDifference(a, sample.make("b", attempts: [(.failed, 1)]))
        #expect(difference.entries.isEmpty)
        #expect(difference.remarks.first == "a has not written down what it made: it is not completed")
        let c = try sample.make("c", files: files("a.h5", "x"))
        #expect(
            try RunDifference(a, c).entries.map { "\($0.section) \($0.name)" } == ["inputs input", "outputs output"])
    }
}
