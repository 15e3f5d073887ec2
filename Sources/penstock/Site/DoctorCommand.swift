internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents

/// `penstock doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at what this machine has for Penstock, and what is missing.",
        discussion: """
            Looks at the system and its limits, at libfabric and its providers, and at a directory for logs: there it makes a small log, \
            appends to it and reads it, and removes it. Exit status 0 where Penstock can work, 69 where it cannot.
            """)

    @Option(help: ArgumentHelp("The directory for logs that is tried.", valueName: "dir")) var data = "."
    @Flag(help: "Print JSON instead of text.") var json = false

    func run() async throws {
        var findings = SystemCheck.findings() + FabricCheck.findings() + [SystemCheck.munge()]
        findings += await DirectoryCheck(data).findings()
        if json {
            try StandardOutput.shared.print(JSON.members(["findings": .array(findings.map(\.json))]).compact)
        } else {
            let width = findings.map(\.subject.count).max() ?? 0
            for finding in findings {
                let space = String(repeating: " ", count: width - finding.subject.count)
                let mark = [.good: "  ", .note: "- ", .bad: "! "][finding.verdict] ?? ""
                try StandardOutput.shared.print("\(mark)\(finding.subject)\(space)  \(finding.text)")
                if let hint = finding.hint {
                    try StandardOutput.shared.print(String(repeating: " ", count: width + 4) + hint)
                }
            }
        }
        try StandardOutput.shared.flush()
        let bad = findings.filter { $0.verdict == .bad }
        guard bad.isEmpty else {
            throw CommandError(
                .unavailable, "Penstock cannot work here: \(bad.map(\.subject).joined(separator: ", "))",
                hint: bad[0].hint)
        }
    }
}
