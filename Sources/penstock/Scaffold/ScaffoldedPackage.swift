internal import Foundation

/// The files of a new package.
struct ScaffoldedPackage {
    let name: PackageName
    /// Each by its path in the package, in the order in which they are named to the user.
    let files: [(path: String, text: String)]

    init(_ name: PackageName, _ template: PackageTemplate, _ penstock: PenstockDependency) {
        self.name = name
        let own = template.files.map { file in
            (
                path: file.path.replacing(template.placeholder, with: name.text),
                text: file.text.replacing(template.placeholder, with: name.text)
            )
        }
        files =
            [("Package.swift", Self.manifest(name.text, template, penstock))] + own + [(".gitignore", Self.ignored)]
    }

    /// Writes the package as a folder of its name; it appears complete or not at all.
    /// - Returns: The path of the folder.
    /// - Throws: `CommandError` where there is something by that name already, or nothing can be written.
    func write(in parent: String) throws(CommandError) -> String {
        let files = FileManager.default
        let folder = parent == "." ? name.text : (parent as NSString).appendingPathComponent(name.text)
        // A link that leads nowhere is something, too.
        guard (try? files.attributesOfItem(atPath: folder)) == nil else {
            throw CommandError(
                .inputOutput, "\(folder) is there already, and stays as it is",
                hint: "take another name, or another place with --path DIR")
        }
        let unfinished = (parent as NSString).appendingPathComponent(".\(name.text).\(getpid())")
        do {
            for file in self.files {
                let path = (unfinished as NSString).appendingPathComponent(file.path)
                try files.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: URL(fileURLWithPath: path))
            }
            try files.moveItem(atPath: unfinished, toPath: folder)
        } catch {
            try? files.removeItem(atPath: unfinished)
            throw CommandError(
                .inputOutput, "\(folder) cannot be written: \(error.localizedDescription)",
                hint: "look at the rights and the space of \(parent), or take another place with --path DIR")
        }
        return folder
    }

    private static func manifest(
        _ name: String, _ template: PackageTemplate, _ penstock: PenstockDependency
    ) -> String {
        func product(_ product: String) -> String {
            ".product(name: \"\(product)\", package: \"\(penstock.packageName)\")"
        }
        let products = template.products.map { "                \(product($0)),\n" }.joined()
        let testProducts = template.testProducts.map { ", " + product($0) }.joined()
        return """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "\(name)",
                dependencies: [
                    \(penstock.manifestLine)
                ],
                targets: [
                    .executableTarget(
                        name: "\(name)",
                        dependencies: [
            \(products)            ]),
                    .testTarget(
                        name: "\(name)Tests",
                        dependencies: ["\(name)"\(testProducts)]),
                ]
            )

            """
    }

    /// What a build and runs leave. The file with the versions of dependencies is not among them: it belongs to the package.
    private static let ignored = """
        /.build/
        /penstock-log/
        /runs/

        """
}
