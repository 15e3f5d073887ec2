import Testing

@Suite(
    "What a long flow costs the compiler", .enabled(if: SwiftCompiler.found != nil, "\(SwiftCompiler.missing)"))
struct CompileEffortTests {
    /// A flow of `stages` stages: a source, filters and maps in turn, a key, a window, an aggregate, a sink.
    private static func flow(stages: Int) -> String {
        var lines = ["From(Topic<Reading>(\"readings\"), disorder: .bounded(by: .seconds(2)))"]
        while lines.count < stages - 4 {
            let n = lines.count
            lines.append(
                n % 2 == 1
                    ? "Filter { (r: Reading) in r.value > \(n) && r.sensor != \(n) }"
                    : "Map { (r: Reading) in Reading(sensor: r.sensor, value: r.value * \(n).5 + 1) }")
        }
        lines += [
            "KeyBy(\\Reading.sensor)", "Tumbling(every: .seconds(1))", "Count()",
            "To(Collected<Counted<Int64>>(limit: 10))",
        ]
        return """
            import Penstock
            struct Reading: FixedEvent {
                var sensor: Int64
                var value: Double
                static let schema = Schema("test.Reading", fields: [.init("sensor", .i64), .init("value", .f64)])
            }
            func make() {
                _ = Flow("long") {
            \(lines.joined(separator: "\n"))
                }
            }
            """
    }

    /// Measured with Swift 6.3.1: 85 to 87 for each stage. A flow as one long expression grows by a factor with each stage.
    @Test("a flow of 25 stages takes at most 170 scopes of the type checker for a stage, one of 100 no more for each")
    func linear() throws {
        let compiler = try #require(SwiftCompiler.found)
        let few = try compiler.constraintScopes(of: Self.flow(stages: 25))
        let many = try compiler.constraintScopes(of: Self.flow(stages: 100))
        #expect(few > 25 && few < 25 * 170, "\(few) scopes for 25 stages")
        #expect(Double(many - few) / 75 < 1.2 * Double(few) / 25, "\(few) scopes for 25 stages, \(many) for 100")
    }
}
