internal import Foundation
internal import PenstockEvents

/// Where a new package gets Penstock from.
enum PenstockDependency {
    /// A checkout, by its absolute path.
    case checkout(String)
    /// A git repository, by its URL.
    case repository(String)

    /// What the user said; without that, the checkout that this program was built in.
    /// - Throws: `CommandError` where no checkout is.
    init(_ given: String?) throws(CommandError) {
        guard let given else {
            guard let folder = Self.checkoutOfProgram else {
                throw CommandError(
                    .usage, "this program does not lie in a checkout of Penstock, so it cannot tell where Penstock is",
                    hint: "give --penstock with the URL of the git repository, or with the path of a checkout")
            }
            self = .checkout(folder)
            return
        }
        if given.contains("://") || given.wholeMatch(of: #/[^\/:]+@[^\/:]+:.+/#) != nil {
            self = .repository(given)
            return
        }
        let folder = URL(fileURLWithPath: given).standardizedFileURL.path
        guard Self.isCheckout(folder) else {
            throw CommandError(
                .noInput, "\(given) is not a checkout of Penstock: there is no Package.swift with the package penstock",
                hint: "give the folder that `git clone` made, or the URL of the repository, such as https://…")
        }
        self = .checkout(folder)
    }

    /// The line of the manifest.
    var manifestLine: String {
        switch self {
        case .checkout(let path): ".package(name: \"penstock\", path: \(path.debugDescription))"
        case .repository(let url): ".package(url: \(url.debugDescription), from: \"\(PenstockVersion.current)\")"
        }
    }

    /// What the manifest calls the package: SwiftPM takes the last part of a URL, and the name that a path is given.
    var packageName: String {
        switch self {
        case .checkout: "penstock"
        case .repository(let url):
            String(url.split { "/:".contains($0) }.last ?? "penstock").replacing(#/\.git$/#, with: "")
        }
    }

    private static func isCheckout(_ folder: String) -> Bool {
        guard let manifest = try? String(contentsOfFile: folder + "/Package.swift", encoding: .utf8) else {
            return false
        }
        return manifest.contains("name: \"penstock\"")
    }

    /// The program lies in `.build` of the checkout, some folders down.
    private static var checkoutOfProgram: String? {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        while folder.path != "/" {
            if isCheckout(folder.path) { return folder.path }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
