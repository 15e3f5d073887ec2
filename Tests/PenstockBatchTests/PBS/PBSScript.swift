/// A batch script with `#PBS` directives, as `qsub` reads them: from the first line to the first command, which is the first line that is
/// not blank and begins with neither `#` nor `:` (`pbs_isexecutable` and `pbs_ispbsdir` of OpenPBS).
struct PBSScript {
    struct Directive: Equatable {
        /// Number of its line, from 1.
        let line: Int
        let option: Character
        /// What follows the option; nil where nothing does.
        let value: String?
    }

    struct Problem: Equatable, CustomStringConvertible {
        let line: Int
        let text: String
        var description: String { "line \(line): \(text)" }
    }

    let dialect: PBSDialect
    /// In the order of the script; several may be of one line.
    let directives: [Directive]
    /// What is wrong with lines as such.
    private let problems: [Problem]

    init(_ dialect: PBSDialect, text: String) {
        self.dialect = dialect
        var (directives, problems): ([Directive], [Problem]) = ([], [])
        var firstCommand: Int?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            // `qsub` looks at the first character that is not blank.
            let (line, number) = (line.drop { $0 == " " || $0 == "\t" }, index + 1)
            if line.isEmpty || line.first == ":" { continue }
            guard line.first == "#" else {
                firstCommand = firstCommand ?? number
                continue
            }
            let words = line.dropFirst().split { $0 == " " || $0 == "\t" }
            guard line.hasPrefix("#PBS") else {
                if let word = words.first, word.uppercased().hasPrefix("PBS"), words.dropFirst().first?.first == "-" {
                    problems.append(Problem(line: number, text: "not read: a directive begins with #PBS"))
                }
                continue
            }
            if let firstCommand {
                problems.append(
                    Problem(line: number, text: "not read: it is behind the first command, line \(firstCommand)"))
                continue
            }
            guard let arguments = Self.words(line.dropFirst(4)) else {
                problems.append(Problem(line: number, text: "a quotation mark is not closed"))
                continue
            }
            let (read, wrong) = Self.options(arguments, line: number, dialect)
            directives += read
            problems += wrong
        }
        self.directives = directives
        self.problems = problems
    }

    /// The values of an option, in order.
    func values(_ option: Character) -> [String] { directives.filter { $0.option == option }.compactMap(\.value) }

    /// What `qsub` would refuse, or read in another way than it is meant; in the order of the lines.
    /// - Parameter ranks: How many processes the job is meant to have; nil where that does not matter.
    func check(ranks: Int? = nil) -> [Problem] {
        var found = problems
        for directive in directives {
            found += PBSOptionCheck(dialect).problems(of: directive).map { Problem(line: directive.line, text: $0) }
        }
        if let ranks { found += resourceProblems(ranks: ranks) }
        return found.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
    }

    private func resourceProblems(ranks: Int) -> [Problem] {
        var total: (line: Int, ranks: Int)?
        for directive in directives where directive.option == "l" {
            guard let chunks = PBSResources(directive.value ?? "").chunks else { continue }
            let sum = chunks.reduce(0) { $0 + $1.count * $1.processes }
            if let total {
                return [Problem(line: directive.line, text: "nodes are asked for twice: also in line \(total.line)")]
            }
            total = (directive.line, sum)
        }
        guard let total else {
            return ranks == 1 ? [] : [Problem(line: 1, text: "it asks for no nodes, for \(ranks) ranks")]
        }
        guard total.ranks != ranks else { return [] }
        return [Problem(line: total.line, text: "its chunks have \(total.ranks) ranks, not \(ranks)")]
    }

    /// The arguments of a line; a part in quotation marks is one. Nil where a quotation mark is not closed.
    private static func words(_ text: Substring) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            switch (character, quote) {
            case (let end, let open?) where end == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (" ", nil), ("\t", nil):
                if let full = word { words.append(full) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        return words + (word.map { [$0] } ?? [])
    }

    private static func options(
        _ words: [String], line: Int, _ dialect: PBSDialect
    ) -> ([Directive], [Problem]) {
        var (directives, problems): ([Directive], [Problem]) = ([], [])
        func report(_ text: String) { problems.append(Problem(line: line, text: text)) }
        var rest = words[...]
        if rest.isEmpty { report("a directive without an option") }
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                // The rest belongs to nothing that is known.
                report("\"\(word)\" is no option")
                break
            }
            var letters = word.dropFirst()
            while let option = letters.popFirst() {
                if dialect.flags.contains(option) {
                    directives.append(Directive(line: line, option: option, value: nil))
                } else if dialect.optionsWithValue.contains(option) {
                    let value = letters.isEmpty ? rest.popFirst() : String(letters)
                    letters = ""
                    if value == nil { report("-\(option) has no value") }
                    directives.append(Directive(line: line, option: option, value: value))
                } else {
                    let isOther = dialect.other.flags.union(dialect.other.optionsWithValue).contains(option)
                    report("\(dialect) has no option -\(option)" + (isOther ? ": it is of \(dialect.other)" : ""))
                    // Whether a value follows is not known.
                    return (directives, problems)
                }
            }
        }
        return (directives, problems)
    }
}
