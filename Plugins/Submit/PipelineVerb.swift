import Foundation
import PackagePlugin

/// A verb of SwiftPM that builds a pipeline of the package in release and runs the pipeline's verb of the same name.
///
/// Plugins cannot share a module, so the folder of each other plugin holds a symbolic link to this file.
protocol PipelineVerb: CommandPlugin {
    /// The verb of SwiftPM and of the pipeline.
    static var verb: String { get }
}

extension PipelineVerb {
    func performCommand(context: PluginContext, arguments: [String]) throws {
        let pipelines = context.package.products.compactMap { $0 as? ExecutableProduct }.map(\.name).sorted()
        // Only what stands before the pipeline's name is for the plugin; all else is the pipeline's, as it was written.
        let options = Array(arguments.prefix { $0.hasPrefix("-") })
        guard let name = arguments.dropFirst(options.count).first, Set(options).isSubset(of: ["--static"]) else {
            print(usage(pipelines))
            let unknown = options.filter { !["--static", "--help", "-h"].contains($0) }
            if !unknown.isEmpty { Diagnostics.error("unknown option \(unknown[0]) before the pipeline's name") }
            if options.allSatisfy({ $0 == "--static" }) { Diagnostics.error("name the pipeline to \(Self.verb)") }
            return
        }
        guard pipelines.contains(name) else {
            Diagnostics.error(
                "\(context.package.displayName) has no executable product \(name); it has \(pipelines.joined(separator: ", "))"
            )
            return
        }
        guard let program = try build(name, isStatic: options.contains("--static")) else {
            Diagnostics.error("\(name) was not built: the reason stands above")
            return
        }
        try run(program, Array(arguments.dropFirst(options.count + 1)))
    }

    private func usage(_ pipelines: [String]) -> String {
        """
        Builds a pipeline of this package in release, and runs `PRODUCT \(Self.verb)` with the arguments.

        usage: swift package \(Self.verb) [--static] PRODUCT [argument …]

          --static   with Swift's standard library inside, for machines without Swift
          PRODUCT    \(pipelines.joined(separator: ", "))

        `swift package \(Self.verb) PRODUCT --help` has the arguments. The exit status is 1 whatever failed, and input is not \
        passed on: that is how SwiftPM runs plugins. Scripts do better with the built program itself.
        """
    }

    /// The built program; nil where the build fails.
    private func build(_ name: String, isStatic: Bool) throws -> URL? {
        var parameters = PackageManager.BuildParameters(configuration: .release, echoLogs: true)
        if isStatic { parameters.otherSwiftcFlags = ["-static-stdlib"] }
        let result = try packageManager.build(.product(name), parameters: parameters)
        guard result.succeeded else { return nil }
        return result.builtArtifacts.first { $0.kind == .executable && $0.url.lastPathComponent == name }?.url
    }

    private func run(_ program: URL, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = [Self.verb] + arguments
        try process.run()
        process.waitUntilExit()
        let name = program.lastPathComponent
        if process.terminationReason == .uncaughtSignal {
            Diagnostics.error("\(name) \(Self.verb) was ended by signal \(process.terminationStatus)")
        } else if process.terminationStatus != 0 {
            Diagnostics.error(
                "\(name) \(Self.verb) ended with exit status \(process.terminationStatus), which SwiftPM turns into 1")
        }
    }
}
