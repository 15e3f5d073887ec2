import PenstockEvents
import Testing

@Suite("Diagnostic")
struct DiagnosticTests {
    private struct Failure: Diagnostic {
        let summary = "scan.h5 is not there"
        let hint: String?
        let category = FailureCategory.noInput
    }

    @Test("the description is the summary with the hint, where there is one")
    func description() {
        #expect(Failure(hint: nil).description == "scan.h5 is not there")
        #expect(Failure(hint: "check the path").description == "scan.h5 is not there (check the path)")
    }

    @Test("the categories have the exit statuses of sysexits.h")
    func statuses() {
        let statuses: [(FailureCategory, Int32)] = [
            (.usage, 64), (.data, 65), (.noInput, 66), (.unavailable, 69), (.software, 70), (.inputOutput, 74),
            (.temporary, 75), (.configuration, 78),
        ]
        for (category, status) in statuses { #expect(category.rawValue == status) }
    }
}
