internal import Foundation

/// Programs of a test's own, written as shell scripts, that a child finds before those of the system.
package final class ScriptedPrograms: Sendable {
    private let folder: TestFolder

    /// - Parameter scripts: What each program does, by its name. `$real` is the system's program of the name, where there is one, and `$calls` the
    ///   number of calls before this one.
    package init(_ scripts: [String: String]) throws {
        folder = try TestFolder()
        for (name, script) in scripts {
            let path = try folder.write(
                """
                #!/bin/bash
                real='\(SlurmCluster.path(of: name) ?? "")'
                calls=$(wc -l 2>/dev/null <'\(folder("\(name).calls"))' || echo 0)
                echo >>'\(folder("\(name).calls"))'
                \(script)

                """, to: name)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }

    /// PATH with these programs in front: what a child's environment needs.
    package var environment: [String: String] {
        ["PATH": folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
    }

    /// How often a program was called so far.
    package func count(_ program: String) -> Int {
        ((try? folder.text("\(program).calls")) ?? "").utf8.count { $0 == UInt8(ascii: "\n") }
    }
}
