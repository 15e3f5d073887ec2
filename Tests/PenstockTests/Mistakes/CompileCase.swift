import Foundation
import Testing

/// A small program for the compiler. A line that is wrong ends in `// ERROR:` and a part of the message that has to come.
struct CompileCase: Sendable, CustomTestStringConvertible {
    let name: String
    let source: String

    /// The stages of a flow. A mistake of structure is reported where the flow opens its braces: `opening` is a part of that message.
    static func flow(_ name: String, opening: String? = nil, _ stages: String) -> CompileCase {
        statements(name, "_ = Flow(\"f\") {\(opening.map { "  // ERROR: \($0)" } ?? "")\n\(stages)\n}")
    }

    /// Statements of a function.
    static func statements(_ name: String, _ text: String) -> CompileCase {
        CompileCase(name: name, source: header + "private func fixture() {\n\(text)\n}\n")
    }

    /// The body of a pipeline.
    static func body(_ name: String, _ flows: String) -> CompileCase {
        CompileCase(
            name: name,
            source: header + """
                private struct Fixture: Pipeline {
                    static let abstract = "A fixture"
                    @Flag var isOn = false
                    @Option var limit: Double?
                    @Option var choice = Choice.one
                    var body: some Dataflow {
                \(flows)
                    }
                }

                """)
    }

    private static let header = "import Penstock\nimport PenstockTomography\n"

    var testDescription: String { name }

    /// The lines that have to be wrong, counted from one, each with a part of its message.
    var expectedErrors: [(line: Int, part: String)] { Self.expectedErrors(source) }

    static func expectedErrors(_ source: String) -> [(line: Int, part: String)] {
        source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { number, line in
            line.split(separator: "// ERROR: ").dropFirst().map { part in
                (number + 1, part.trimmingCharacters(in: .whitespaces))
            }
        }
    }

    /// What all cases use.
    static let vocabulary = #"""
        import Penstock

        struct Reading: FixedEvent {
            var sensor: UInt64
            var value: Double
            static let schema = Schema("test.Reading", fields: [.init("sensor", .u64), .init("value", .f64)])
        }

        struct Celsius: Sendable {
            let degrees: Double
        }

        enum Choice: String, ExpressibleByArgument, Sendable {
            case one, two, three
        }

        let readings = Topic<Reading>("readings")
        let alarms = Topic<Reading>("alarms")

        func isOn() -> Bool { true }
        func limit() -> Double? { nil }
        func choice() -> Choice { .one }

        struct Smooth: Operator {
            func makeState() -> NoState { NoState() }
            func process(
                _ events: Events<Reading>, state: inout NoState, into output: inout Output<Reading>,
                context: OperatorContext
            ) throws {}
        }

        struct Total: WindowOperator {
            func makeState() -> NoState { NoState() }
            func add(_ event: Reading, state: inout NoState, context: OperatorContext) throws {}
            func remove(_ event: Reading, state: inout NoState, context: OperatorContext) throws {}
            func emit(
                _ pane: WindowPane, part: Int, state: inout NoState, into output: inout Output<Double>,
                context: OperatorContext
            ) throws -> EmitProgress { .complete }
        }

        struct Kept<Value: Sendable>: Sink {
            let summary = "kept"
            func check(_ context: SinkContext) throws {}
            func open(_ context: SinkContext) throws -> any SinkWriter<Value> { fatalError("never run") }
        }
        """#
}
