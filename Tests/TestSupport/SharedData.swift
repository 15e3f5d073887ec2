internal import Foundation

/// Data that is not part of the project, in the folder `shared/data` beside the checkout or above it; tests that need it are skipped without.
package struct SharedData: Sendable {
    /// Structures and their expected properties.
    package static let mof = SharedData("mof")
    /// Expected totals of event streams.
    package static let streams = SharedData("streams")
    /// Recorded scans and their reconstructions.
    package static let tomography = SharedData("tomo")

    /// The folder's path; nil where there is none.
    package let folder: String?
    /// Why tests are skipped.
    package let missing: String

    private init(_ name: String) {
        missing = "the folder shared/data/\(name) is not beside the checkout"
        var above = URL(fileURLWithPath: #filePath)
        while above.path != "/" {
            above.deleteLastPathComponent()
            let data = above.appendingPathComponent("shared/data/\(name)").path
            guard !FileManager.default.fileExists(atPath: data) else {
                folder = data
                return
            }
        }
        folder = nil
    }
}
