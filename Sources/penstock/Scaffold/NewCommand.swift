internal import ArgumentParser
internal import Foundation

/// `penstock new`.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Write a package with a pipeline to start from.",
        discussion: """
            Makes a folder with a Swift package that builds: a small pipeline of the kind of --template, its test, and a README with \
            what to try first.

              sensors      readings of sensors from CSV, their means in windows of time
              tomography   a scan that is reconstructed while it is recorded
              mof          crystal structures, screened for the adsorption of carbon dioxide
            """)

    @Argument(help: "The name: of the package, its pipeline and its program, such as RoomClimate.") var name: String
    @Option(help: "What the pipeline is for.") var template: PackageTemplate
    @Option(help: ArgumentHelp("Where the folder is made.", valueName: "dir")) var path = "."
    @Option(
        help: ArgumentHelp(
            "Where Penstock is: the URL of its git repository, or the path of a checkout; by default the checkout that this program was built in.",
            valueName: "url-or-path"))
    var penstock: String?

    func run() throws {
        let package = ScaffoldedPackage(
            try PackageName(name, for: template), template, try PenstockDependency(penstock))
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(.noInput, "there is no folder \(path)", hint: "make it first: mkdir -p \(path)")
        }
        let folder = try package.write(in: path)
        try StandardOutput.shared.print("\(folder):")
        for file in package.files { try StandardOutput.shared.print("  \(file.path)") }
        try StandardOutput.shared.print(
            """

            Try it (the first build takes some minutes):
              cd \(folder)
              swift run -c release \(name) example
              swift run -c release \(name) run
            README.md says what to do next.
            """)
    }
}
