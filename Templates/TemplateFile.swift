/// A file of a package that `penstock new` writes, as it stands in the folder of a template.
package struct TemplateFile: Sendable {
    /// Where it goes in the package, with the template's own name in place of that of the user's package.
    package let path: String
    /// What is in it, likewise.
    package let text: String

    private init(_ path: String, _ bytes: [UInt8]) {
        self.path = path
        text = String(decoding: bytes, as: UTF8.self)
    }
}

// The build embeds the files in the program, so that it stays one file, and compiles and tests them as targets of their own.
extension TemplateFile {
    /// A pipeline of sensors, whose name is `SensorsTemplate`.
    package static let sensors = [
        TemplateFile("Sources/SensorsTemplate/SensorsTemplate.swift", PackageResources.SensorsTemplate_swift),
        TemplateFile("Sources/SensorsTemplate/ExampleReadings.swift", PackageResources.ExampleReadings_swift),
        TemplateFile(
            "Tests/SensorsTemplateTests/SensorsTemplateTests.swift", PackageResources.SensorsTemplateTests_swift),
        TemplateFile("README.md", PackageResources.SensorsTemplate_md),
    ]

    /// A pipeline of tomography, whose name is `TomographyTemplate`.
    package static let tomography = [
        TemplateFile("Sources/TomographyTemplate/TomographyTemplate.swift", PackageResources.TomographyTemplate_swift),
        TemplateFile("Sources/TomographyTemplate/ExampleScan.swift", PackageResources.ExampleScan_swift),
        TemplateFile(
            "Tests/TomographyTemplateTests/TomographyTemplateTests.swift",
            PackageResources.TomographyTemplateTests_swift),
        TemplateFile("README.md", PackageResources.TomographyTemplate_md),
    ]

    /// A screening of crystal structures, whose name is `MOFTemplate`.
    package static let mof = [
        TemplateFile("Sources/MOFTemplate/MOFTemplate.swift", PackageResources.MOFTemplate_swift),
        TemplateFile("Sources/MOFTemplate/ExampleStructures.swift", PackageResources.ExampleStructures_swift),
        TemplateFile("Tests/MOFTemplateTests/MOFTemplateTests.swift", PackageResources.MOFTemplateTests_swift),
        TemplateFile("README.md", PackageResources.MOFTemplate_md),
    ]
}
