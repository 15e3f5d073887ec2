import Foundation
import Testing

@testable import PenstockSecurity

@Suite("Patterns of topics")
struct TopicPatternTests {
    @Test(
        "a star is any run of characters, also none; all else is itself",
        arguments: [
            ("raw.*", "raw.frames", true), ("raw.*", "raw.", true), ("raw.*", "raw.a.b", true),
            ("raw.*", "raw", false), ("raw.*", "draw.frames", false), ("raw.*", "Raw.frames", false),
            ("*", "a", true), ("*.raw", "a.raw", true), ("*.raw", "a.raw2", false), ("a*b*c", "abc", true),
            ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("a**c", "ac", true), ("a", "a", true),
            ("a", "b", false), ("a", "aa", false), ("aa", "a", false), ("a.b", "axb", false), ("*a", "aaaa", true),
            ("*", "", false), ("*", "a b", false), ("*", "a/b", false), ("*", "é", false),
        ])
    func matching(_ pattern: String, _ topic: String, _ expected: Bool) throws {
        #expect(try TopicPattern(pattern).matches(topic) == expected)
    }

    @Test("no pattern matches a topic that the log keeps for itself", arguments: ["*", "_*", "*penstock.audit", "_p*"])
    func ofTheLog(_ pattern: String) throws {
        #expect(try !TopicPattern(pattern).matches("_penstock.audit"))
        #expect(try TopicPattern("_*").matches("_mine"))
    }

    @Test(
        "what is no pattern is refused",
        arguments: ["", "a b", "a/b", "a\n", "é", "a?", "[a]", "_penstock.*", "_penstock.audit", "a,b"])
    func refused(_ text: String) throws {
        let error = #expect(throws: SecurityError.self) { try TopicPattern(text) }
        #expect(error?.code == .invalidScope && error?.hint != nil)
    }

    @Test("a pattern may have 200 characters, and so may the names that it matches")
    func longest() throws {
        let longest = String(repeating: "a", count: 200)
        #expect(try TopicPattern(longest).matches(longest))
        #expect(try !TopicPattern("*").matches(longest + "a"))
        #expect(throws: SecurityError.self) { try TopicPattern(longest + "a") }
    }

    @Test("matching is that of the same pattern as a regular expression")
    func likeRegularExpressions() throws {
        var numbers = SeededNumbers()
        for _ in 0..<2000 {
            let pattern = String(
                (0..<Int.random(in: 1...8, using: &numbers)).map { _ in
                    "ab*."["ab*.".index("ab*.".startIndex, offsetBy: Int.random(in: 0..<4, using: &numbers))]
                })
            let topic = String(
                (0..<Int.random(in: 1...10, using: &numbers)).map { _ in
                    Int.random(in: 0..<5, using: &numbers) == 0 ? "." : Bool.random(using: &numbers) ? "a" : "b"
                })
            let expression = "^" + pattern.replacing(".", with: "\\.").replacing("*", with: ".*") + "$"
            let expected = topic.range(of: expression, options: .regularExpression) != nil
            #expect(
                try TopicPattern(pattern).matches(topic) == expected,
                "\(pattern) and \(topic), with the seed \(numbers.seed)")
        }
    }

    @Test("a pattern of many stars takes no longer than the product of both lengths")
    func manyStars() throws {
        // By recursion this would take longer than the world has been there.
        let pattern = try TopicPattern(String(repeating: "*a", count: 99) + "*b")
        #expect(!pattern.matches(String(repeating: "a", count: 200)))
    }
}
