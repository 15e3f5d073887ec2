import ArgumentParser
import PenstockCommands
import Testing

@Suite("Wrong command lines")
struct UsageReportTests {
    private struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "root", subcommands: [Make.self])
    }

    private struct Make: ParsableCommand {
        @Option(help: "How many, 1 to 4096.") var number: Int
        @Flag var quietly = false

        func validate() throws {
            if number < 1 { throw ValidationError("--number is \(number); 1 is the least") }
        }
    }

    @Test(
        "what is wrong, what the option means and where there is more are an error and a hint, without all the options",
        arguments: [
            (
                ["make", "--number", "x"], "The value 'x' is invalid for '--number <number>'",
                "--number <number>: How many, 1 to 4096. root make --help tells more"
            ),
            (
                ["make"], "Missing expected argument '--number <number>'",
                "--number <number>: How many, 1 to 4096. root make --help tells more"
            ),
            (["make", "--number", "0"], "--number is 0; 1 is the least", "root make --help tells more"),
            (
                ["make", "--number", "1", "--quitly"], "Unknown option '--quitly'. Did you mean '--quietly'?",
                "root make --help tells more"
            ),
            (["brew"], "Unexpected argument 'brew'", "root --help tells more"),
        ] as [([String], String, String)])
    func lines(arguments: [String], error: String, hint: String) throws {
        let thrown = try #require(throws: (any Error).self) { _ = try Root.parseAsRoot(arguments) }
        #expect(UsageReport(Root.fullMessage(for: thrown)).lines == ["error: \(error)", "hint: \(hint)"])
    }

    @Test("a message of several lines stays as it is")
    func severalLines() {
        let report = UsageReport("Error: the schema is wrong:\n  A@1 {\n       ^\nUsage: root make [--number <number>]")
        #expect(report.lines == ["error: the schema is wrong:\n  A@1 {\n       ^"])
    }
}
