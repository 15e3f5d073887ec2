/// The name of a new package: also that of its module, its pipeline's type and its program.
struct PackageName {
    let text: String

    /// The longest name; with `Tests` behind it, it still is a name of a file anywhere.
    static let longest = 100

    /// Looks whether a package of the template can have the name.
    /// - Throws: `CommandError` with what is wrong, and mostly a name that would do.
    init(_ name: String, for template: PackageTemplate) throws(CommandError) {
        guard name.count <= Self.longest else {
            throw CommandError(.usage, "a name has \(Self.longest) characters at most, not \(name.count)")
        }
        guard let first = name.first, first.isLetter || first == "_", name.allSatisfy(Self.isAllowed) else {
            throw CommandError(
                .usage, "\"\(name)\" cannot be the name of a Swift type: it takes letters of ASCII, digits and _",
                hint: Self.suggestion(for: name).map { "for example \($0)" })
        }
        guard !Self.keywords.contains(name) else {
            throw CommandError(
                .usage, "\(name) is a word of the Swift language", hint: "for example \(Self.capitalised(name))Pipeline"
            )
        }
        guard !Self.isModule(name), !Self.isModule(name + "Tests") else {
            throw CommandError(
                .usage, "\(name) is the name of a module or a program that the package would use",
                hint: "for example My\(Self.capitalised(name))")
        }
        guard !template.identifiers.contains(name) else {
            throw CommandError(
                .usage, "\(name) is used for something else in the code of this template",
                hint: "for example \(Self.capitalised(name))Pipeline")
        }
        text = name
    }

    /// Whether a name may have this in it.
    static func isAllowed(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    /// What somebody may have meant: `live-tomography` as `LiveTomography`.
    private static func suggestion(for name: String) -> String? {
        guard name.unicodeScalars.allSatisfy(\.isASCII) else { return nil }
        let words = name.split { !isAllowed($0) }.map { capitalised(String($0)) }
        let joined = capitalised(String(words.joined().drop { !$0.isLetter }))
        return joined.isEmpty || isModule(joined) || keywords.contains(joined) ? nil : joined
    }

    private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

    /// Modules and programs of one package graph need names that differ, on some file systems in more than the case of letters.
    private static func isModule(_ name: String) -> Bool {
        let name = name.lowercased()
        return modulePrefixes.contains { name.hasPrefix($0) } || modules.contains(name)
    }

    /// With what many modules begin, in lower case.
    private static let modulePrefixes = ["penstock", "nio", "cnio", "ccrypto", "cxkcp"]

    /// The others, in lower case.
    private static let modules: Set<String> = [
        // of this package
        "batchpeer", "brokerpeer", "cfabric", "cfftw", "chdf5", "clusterholder", "clz4", "coordinationpeer",
        "copenblas", "cpenstockshim", "cpng", "ctaskhook", "ctiff", "curing", "czlib", "czstd", "eventqueries",
        "fabricpeer", "grouppeer",
        "livetomography", "logappender", "mofscreening", "moftemplate", "sensorstemplate", "sensorwindows", "sharepeer",
        "testsupport", "tomographytemplate", "eventqueriestests", "livetomographytests", "mofscreeningtests",
        "moftemplatetests", "sensorstemplatetests", "tomographytemplatetests",
        // of its dependencies
        "argumentparser", "argumentparsertoolinfo", "atomics", "basiccontainers", "bitcollections", "collections",
        "coremetrics", "crypto", "cryptoboringwrapper", "cryptoextras", "csystem", "ctoml", "dequemodule",
        "hashtreecollections", "heapmodule", "inmemorylogging", "internalcollectionsutilities", "logging", "metrics",
        "metricstestkit", "orderedcollections", "sortedcollections", "subprocess", "swiftasn1", "systempackage",
        "tomlkit",
        "x509",
        // of the toolchain
        "builtin", "cxx", "dispatch", "distributed", "foundation", "foundationessentials", "foundationnetworking",
        "foundationxml", "glibc", "main", "musl", "observation", "packagedescription", "packageplugin", "regexbuilder",
        "swift", "synchronization", "testing", "xctest",
    ]

    /// The reserved words, and those that no type may be called.
    private static let keywords: Set<String> = [
        "Any", "Protocol", "Self", "Type", "_", "as", "associatedtype", "await", "break", "case", "catch", "class",
        "continue", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false",
        "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
        "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "self",
        "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var",
        "where", "while",
    ]
}
