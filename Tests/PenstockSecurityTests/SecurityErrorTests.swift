import Testing

@testable import PenstockSecurity

@Suite("Errors of security")
struct SecurityErrorTests {
    @Test("what a stranger has sent is told on one line, in ASCII, and cut")
    func quoting() {
        #expect(SecurityError.quoted("a\nb\u{1B}[31mé") == "\"a?b?[31m?\"")
        #expect(
            SecurityError.quoted(String(repeating: "x", count: 61)) == "\"" + String(repeating: "x", count: 60) + "…\"")
    }
}
