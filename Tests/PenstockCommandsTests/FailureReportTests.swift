import ArgumentParser
import PenstockCommands
import PenstockEvents
import Testing

@Suite("How errors reach the user")
struct FailureReportTests {
    private struct Trouble: Diagnostic {
        var summary = "scan.h5: no dataset /exchange/theta"
        var hint: String?
        var category = FailureCategory.data
    }

    @Test("an error and its hint are a line each")
    func lines() throws {
        let report = try #require(FailureReport(Trouble(hint: "is it a Data Exchange file?")))
        #expect(report.lines == ["error: scan.h5: no dataset /exchange/theta", "hint: is it a Data Exchange file?"])
    }

    @Test("without a hint there is one line")
    func oneLine() throws {
        #expect(try #require(FailureReport(Trouble())).lines == ["error: scan.h5: no dataset /exchange/theta"])
    }

    /// The numbers are those of sysexits.h.
    @Test(
        "the exit status says what kind of failure it was",
        arguments: [
            (FailureCategory.usage, 64), (.data, 65), (.noInput, 66), (.unavailable, 69), (.software, 70),
            (.inputOutput, 74),
            (.temporary, 75), (.configuration, 78),
        ] as [(FailureCategory, Int32)])
    func statuses(_ category: FailureCategory, _ status: Int32) throws {
        #expect(try #require(FailureReport(Trouble(category: category))).status == status)
    }

    @Test("an exit status alone says nothing")
    func silent() throws {
        let report = try #require(FailureReport(ExitCode(FailureReport.interrupted)))
        #expect(report.lines.isEmpty)
        #expect(report.status == 130)
    }

    @Test("usage errors stay with ArgumentParser")
    func usage() {
        let isOurs = FailureReport(ValidationError("no")) != nil
        #expect(!isOurs)
    }
}
