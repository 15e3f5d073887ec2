internal import Foundation

/// Programs of the system's names that write each call down, and then are the real ones.
package final class CountedPrograms: Sendable {
    private let folder: TestFolder
    private let programs: [String]

    /// - Throws: Where one of the programs is not there.
    package init(_ programs: [String]) throws {
        folder = try TestFolder()
        self.programs = programs
        for program in programs {
            guard let real = SlurmCluster.path(of: program) else {
                throw SlurmCluster.Failure(description: "there is no program \(program)")
            }
            // One write behind the others: calls at the same time do not mix.
            let path = try folder.write(
                """
                #!/bin/sh
                printf '%s\\0' "$*" >>'\(folder("\(program).calls"))'
                exec '\(real)' "$@"

                """, to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }

    /// The folder to put in front of PATH.
    package var path: String { folder.path }

    /// PATH with this folder in front: what a child's environment needs.
    package var environment: [String: String] {
        ["PATH": folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
    }

    /// The arguments of each call so far, in order, with blanks between them.
    package func calls(of program: String) -> [String] {
        ((try? folder.text("\(program).calls")) ?? "").split(separator: "\0", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    /// How often each program was called so far.
    package var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: programs.map { ($0, calls(of: $0).count) })
    }
}

extension SlurmCluster {
    /// Programs that count how often they are called, and do what the real ones do.
    package static func counting(_ programs: [String]) throws -> CountedPrograms { try CountedPrograms(programs) }
}
