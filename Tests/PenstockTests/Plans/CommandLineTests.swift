import PenstockCommands
import Testing

@testable import Penstock
@testable import PenstockEngine

private enum Method: String, ExpressibleByArgument, CustomStringConvertible {
    case hann, shepp
    var description: String { rawValue }
}

private struct Limits: ParsableArguments {
    @Option var upperLimit = 9
}

private struct Options: Pipeline {
    static let abstract = "Options for a test"
    @Option var filter = Method.shepp
    @Option var zingerThreshold: Double?
    @Option var useHTTP = 1
    @Option var sensors: [Int] = []
    @Flag var allowNonFinite = false
    @Argument var input = "scan.h5"
    @OptionGroup var limits: Limits
    let constant = 3

    var body: some Dataflow {
        Flow("copy") {
            From(Generated(1) { _ in (1.0, Timestamp(nanoseconds: 0)) })
            To(Collected<Double>())
        }
    }

    enum CodingKeys: CodingKey { case filter, zingerThreshold, useHTTP, sensors, allowNonFinite, input, limits }
}

@Suite("The command line of a pipeline")
struct CommandLineTests {
    @Test(
        "--set KEY=VALUE is --KEY=VALUE",
        arguments: [
            (["--set", "filter=hann"], ["--filter=hann"]),
            (["--set=filter=hann", "run"], ["--filter=hann", "run"]),
            (["run", "--set", "a=1", "--b", "2", "--set", "c=x=y"], ["run", "--a=1", "--b", "2", "--c=x=y"]),
            (["--set", "a="], ["--a="]),
            (["--", "--set", "a=1"], ["--", "--set", "a=1"]),
            (["--settings", "a"], ["--settings", "a"]),
            ([], []),
        ])
    func expansion(_ given: [String], _ expected: [String]) throws {
        #expect(try PipelineProgram<Options>.expandingSet(given) == expected)
    }

    @Test(
        "--set without a key or a value is refused",
        arguments: [["--set"], ["--set", "filter"], ["--set", "=1"], ["--set="]])
    func expansionFails(_ arguments: [String]) throws {
        let error = #expect(throws: EngineError.self) { try PipelineProgram<Options>.expandingSet(arguments) }
        #expect(error?.summary.hasPrefix("--set needs key=value, not \"") == true)
        #expect(error?.hint == "for example --set filter=hann")
        #expect(error?.category == .usage)
    }

    @Test("--set and the option itself give the same parameters, and the last one wins")
    func sameParameters() throws {
        let set = try PipelineProgram<Options>.expandingSet(["--set", "filter=hann", "--set", "zinger-threshold=0.15"])
        let options = try Options.parse(["--filter", "hann", "--zinger-threshold", "0.15"])
        #expect(try Options.parse(set).parameters == options.parameters)
        let both = try PipelineProgram<Options>.expandingSet(["--filter", "hann", "--set", "filter=shepp"])
        #expect(try Options.parse(both).parameters["filter"] == "shepp")
    }

    @Test("parameters have the names of the command line and the values as text; what is not set is left out")
    func parameters() throws {
        let defaults = try Options.parse([]).parameters
        #expect(
            defaults == [
                "filter": "shepp", "use-http": "1", "sensors": "[]", "allow-non-finite": "false", "input": "scan.h5",
                "upper-limit": "9",
            ])
        let given = try Options.parse([
            "tooth.h5", "--use-http", "2", "--sensors", "1", "--sensors", "2", "--allow-non-finite", "--upper-limit",
            "4",
            "--zinger-threshold", "0.25",
        ]).parameters
        #expect(
            given == [
                "filter": "shepp", "use-http": "2", "sensors": "[1, 2]", "allow-non-finite": "true",
                "input": "tooth.h5",
                "upper-limit": "4", "zinger-threshold": "0.25",
            ])
    }

    @Test("the body has one flow, by the recorder")
    func flows() throws { #expect(try Options.parse([]).flows().map(\.name) == ["copy"]) }
}

@Suite("How errors of stages reach the user")
struct StageFailureReportTests {
    private struct Trouble: Diagnostic {
        var summary = "scan.h5: no dataset /exchange/theta"
        var hint: String?
        var category = FailureCategory.data
    }

    @Test("an error in a stage keeps its own words and status")
    func inStage() throws {
        let stage = StageName(flow: "scan", stage: "From")
        let report = try #require(FailureReport(EngineError.stage(stage, Trouble(hint: "look"))))
        #expect(report.lines == ["error: scan.h5: no dataset /exchange/theta", "hint: look"])
        #expect(report.status == 65)
    }

    @Test("an error without words of its own is the program's fault and names stage and event")
    func foreign() throws {
        struct Foreign: Error {}
        let stage = StageName(flow: "scan", stage: "Map")
        let error = EngineError.stageFailed(stage: stage, sequence: 7, time: Timestamp(nanoseconds: 5), Foreign())
        let report = try #require(FailureReport(error))
        #expect(report.lines == ["error: stage scan/Map failed at event 7: Foreign()"])
        #expect(report.status == 70)
    }
}
