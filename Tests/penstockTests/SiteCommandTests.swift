import Foundation
import Testing

@Suite("Looking at a site on the command line", .serialized)
struct SiteCommandTests {
    private func findings(_ outcome: Outcome) throws -> [String: [String: String]] {
        let list = try #require(try outcome.json()["findings"] as? [[String: String]])
        return Dictionary(list.map { ($0["subject"] ?? "", $0) }) { first, _ in first }
    }

    @Test("the doctor says what is there, tries a log, and leaves nothing behind")
    func doctor() throws {
        let place = try Workplace()
        let findings = try findings(try place.succeed("doctor", "--json"))
        #expect(findings["log"]?["verdict"] == "good")
        #expect(findings["log"]?["text"]?.hasPrefix("a durable append of 1 MiB takes ") == true)
        for subject in ["penstock", "system", "open files", "locked memory", "libfabric", "munge", "space"] {
            #expect(findings[subject] != nil, "\(subject)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
        let text = try place.succeed("doctor")
        #expect(text.output.contains("\n  log "))
    }

    @Test("a directory where no log can be is found out, with the exit status of what is not available")
    func badDirectory() throws {
        let place = try Workplace()
        let outcome = try place.run("doctor", "--json", "--data", "missing")
        #expect(outcome.status == 69)
        #expect(try findings(outcome)["log"]?["verdict"] == "bad")
        #expect(outcome.errors.hasPrefix("error: Penstock cannot work here: log\nhint: "))
    }

    @Test("a site's own figures are measured with a broker in a process of its own")
    func bench() throws {
        let place = try Workplace()
        let produced = try place.succeed(
            "bench", "produce", "--seconds", "0.1", "--single-appends", "10", "--directory", place.path, "--bare",
            "--json"
        ).json()
        #expect(try #require(produced["events"] as? Int) > 0)
        #expect(try #require(produced["broker_cpu_seconds"] as? Double) >= 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }
}
