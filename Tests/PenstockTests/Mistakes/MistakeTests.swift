import Foundation
import Testing

@Suite("What the compiler says of a flow", .enabled(if: SwiftCompiler.found != nil, "\(SwiftCompiler.missing)"))
struct MistakeTests {
    /// All cases in one call of the compiler: each is a file of one module.
    private static let messages = Result {
        guard let compiler = SwiftCompiler.found else {
            throw SwiftCompiler.Failure(description: SwiftCompiler.missing)
        }
        let cases = MistakeCases.all + RightCases.all
        return try compiler.check(
            [("Vocabulary.swift", CompileCase.vocabulary)] + cases.map { (file($0), $0.source) })
    }

    private static func file(_ compileCase: CompileCase) -> String {
        compileCase.name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() + ".swift"
    }

    @Test("the vocabulary of the cases is right")
    func vocabulary() throws {
        let messages = try Self.messages.get().filter { $0.file == "Vocabulary.swift" }
        #expect(messages.isEmpty)
    }

    @Test("a mistake is named on its line, and nothing else is", arguments: MistakeCases.all)
    func mistake(_ mistake: CompileCase) throws {
        #expect(!mistake.expectedErrors.isEmpty, "the case does not say which error it expects")
        try check(mistake)
    }

    @Test("a right program compiles without a word", arguments: RightCases.all)
    func right(_ program: CompileCase) throws {
        #expect(program.expectedErrors.isEmpty)
        try check(program)
    }

    @Test("no two cases have the same name")
    func names() {
        let names = (MistakeCases.all + RightCases.all).map(Self.file)
        #expect(Set(names).count == names.count)
    }

    private func check(_ compileCase: CompileCase) throws {
        var messages = try Self.messages.get().filter { $0.file == Self.file(compileCase) }
        for expected in compileCase.expectedErrors {
            let index = messages.firstIndex {
                $0.severity == "error" && $0.line == expected.line && $0.text.contains(expected.part)
            }
            guard let index else {
                Issue.record("line \(expected.line): no error with “\(expected.part)”; the compiler says \(messages)")
                continue
            }
            messages.remove(at: index)
        }
        #expect(messages.isEmpty, "not expected")
    }
}
