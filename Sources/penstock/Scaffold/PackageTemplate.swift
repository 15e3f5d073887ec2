internal import ArgumentParser
internal import PenstockTemplates

/// What kind of pipeline a new package begins with.
enum PackageTemplate: String, CaseIterable, ExpressibleByArgument {
    case tomography, mof, sensors

    /// The files, with `placeholder` where the name of the package will stand.
    var files: [TemplateFile] {
        switch self {
        case .tomography: TemplateFile.tomography
        case .mof: TemplateFile.mof
        case .sensors: TemplateFile.sensors
        }
    }

    /// The name of the template's own pipeline.
    var placeholder: String {
        switch self {
        case .tomography: "TomographyTemplate"
        case .mof: "MOFTemplate"
        case .sensors: "SensorsTemplate"
        }
    }

    /// What the tests import besides.
    var testProducts: [String] { self == .sensors ? ["PenstockTesting"] : [] }

    /// The products of Penstock that the pipeline imports.
    var products: [String] {
        switch self {
        case .tomography: ["Penstock", "PenstockTomography"]
        case .mof: ["Penstock", "PenstockMOF"]
        case .sensors: ["Penstock"]
        }
    }

    /// The names that its code uses for something else, so that the pipeline cannot be called by one of them.
    var identifiers: Set<String> {
        var found: Set<String> = []
        for file in files where file.path.hasSuffix(".swift") {
            for line in file.text.split(separator: "\n") {
                // Every other part between quotation marks is text.
                let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
                for (index, part) in parts.enumerated() where index.isMultiple(of: 2) {
                    let code = part.firstRange(of: "//").map { part[..<$0.lowerBound] } ?? part
                    found.formUnion(code.split { !PackageName.isAllowed($0) }.map(String.init))
                    if code.endIndex != part.endIndex { break }
                }
            }
        }
        return found.filter { !$0.hasPrefix(placeholder) }
    }
}
