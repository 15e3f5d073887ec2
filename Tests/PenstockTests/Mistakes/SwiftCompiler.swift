import Foundation
import TestSupport

/// The compiler that type-checks programs against the modules that the build of these tests has made.
struct SwiftCompiler {
    private let executable: URL
    private let products: URL

    /// Nil, with the reason in `missing`, where there is no compiler or no modules.
    static let found: SwiftCompiler? = SwiftCompiler()
    static let missing: String = "swiftc is not in PATH, or the modules of the build are not beside the test bundle"

    /// The folder of the build: that of the running test bundle.
    static let products: URL? = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()

    /// The root of the checkout.
    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The C modules of this package and of those that it builds on.
    private static let libraries = [
        "CFFTW", "CFabric", "CHDF5", "CLZ4", "COpenBLAS", "CPNG", "CTIFF", "CTaskHook", "CUring", "CZlib",
        "CZstd", "CSystem", "CTOML", "_AtomicsShims", "_SubprocessCShims", "CNIOAtomics",
        "CNIODarwin", "CNIOLLHTTP", "CNIOLinux", "CNIOOpenBSD", "CNIOPosix", "CNIOWindows",
    ]

    private init?() {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let candidates = folders.map { URL(fileURLWithPath: "\($0)/swiftc") }
        guard let executable = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }),
            let products = Self.products,
            FileManager.default.fileExists(atPath: products.appending(path: "Modules/Penstock.swiftmodule").path)
        else { return nil }
        self.executable = executable
        self.products = products
    }

    /// What the compiler says of a file.
    struct Message: Hashable, CustomStringConvertible {
        let file: String
        let line: Int
        let severity: String
        let text: String

        var description: String { "\(file):\(line): \(severity): \(text)" }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The errors and warnings of some files of one module, by the names of the files.
    /// - Throws: `Failure` where the compiler itself does not work.
    func check(_ files: [(name: String, source: String)]) throws -> [Message] {
        try check(files, in: TestFolder())
    }

    /// How many scopes the type checker opened to find the types of a program's expressions: a count that repeats, unlike seconds.
    /// - Throws: `Failure` where the program is wrong or the compiler itself does not work.
    func constraintScopes(of source: String) throws -> Int {
        struct Counts: Decodable {
            let scopes: Double

            enum CodingKeys: String, CodingKey { case scopes = "Sema.NumConstraintScopes" }
        }

        let folder = try TestFolder()
        let counts = URL(fileURLWithPath: folder("counts"))
        try FileManager.default.createDirectory(at: counts, withIntermediateDirectories: false)
        let messages = try check(
            [("Program.swift", source)], in: folder, options: ["-stats-output-dir", counts.path])
        guard messages.isEmpty,
            let file = try FileManager.default.contentsOfDirectory(at: counts, includingPropertiesForKeys: nil).first
        else { throw Failure(description: "no counts, but \(messages)") }
        return Int(try JSONDecoder().decode(Counts.self, from: Data(contentsOf: file)).scopes)
    }

    private func check(
        _ files: [(name: String, source: String)], in folder: TestFolder, options: [String] = []
    ) throws -> [Message] {
        // The modules of the package need the C libraries' modules to exist; their content is behind internal imports.
        let stubs = try folder.write(
            Self.libraries.map { "module \($0) {}\n" }.joined(),
            to: "module.modulemap")
        // The macros of tests.
        let plugins = executable.resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../lib/swift/host/plugins").path
        let paths = try files.map { try folder.write($0.source, to: $0.name) }
        let shim = Self.checkout.appending(path: "Sources/CPenstockShim/include/module.modulemap").path
        let arguments =
            [
                "-frontend", "-typecheck", "-parse-as-library", "-module-name", "Fixtures", "-swift-version", "6",
                "-diagnostic-style=llvm", "-plugin-path", plugins, "-I", products.appending(path: "Modules").path,
                "-module-cache-path", folder("cache"), "-Xcc", "-fmodule-map-file=\(shim)",
                "-Xcc", "-fmodule-map-file=\(stubs)",
            ] + options + paths
        let result = try Command.run(executable, arguments)
        let messages = result.errors.split(separator: "\n").compactMap { Self.message($0, in: folder.path) }
        guard result.status == 0 || messages.contains(where: { $0.severity == "error" }) else {
            throw Failure(description: "swiftc left with \(result.status):\n\(result.errors)")
        }
        return messages
    }

    /// `/folder/file.swift:4:19: error: text`; nil for notes and for lines of source.
    private static func message(_ line: Substring, in folder: String) -> Message? {
        guard line.hasPrefix(folder + "/") else { return nil }
        let parts = line.dropFirst(folder.count + 1).split(separator: ":", maxSplits: 4).map(String.init)
        guard parts.count == 5, let number = Int(parts[1]) else { return nil }
        let severity = parts[3].trimmingCharacters(in: .whitespaces)
        guard severity == "error" || severity == "warning" else { return nil }
        return Message(
            file: parts[0], line: number, severity: severity, text: parts[4].trimmingCharacters(in: .whitespaces))
    }
}
