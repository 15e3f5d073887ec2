/// Words for a POSIX shell.
enum Shell {
    /// A word that the shell takes as it is.
    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { plain.contains($0) }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// A command of such words.
    static func command(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// Whether a text can be the name of a variable.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
        return text.utf8.allSatisfy { names.contains($0) }
    }

    private static let names = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)
    private static let plain = names.union("@%+=:,./-".utf8)
}
