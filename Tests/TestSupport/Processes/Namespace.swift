package import Foundation

/// A namespace of the kernel: a network, or file systems, that only what is started in it sees.
///
/// A process that only waits keeps it. With that process, which ends with the tests at the latest, all goes that was mounted and made in it.
package final class Namespace: Sendable {
    package enum Kind: String, Sendable {
        case network = "--net"
        case mounts = "--mount"
    }

    private let kind: Kind
    private let keeper: ChildProcess

    /// Makes one, and does in it what a shell is told.
    /// - Throws: Where this process may not.
    package init(_ kind: Kind, _ commands: String) async throws {
        self.kind = kind
        keeper = try ChildProcess(
            "/usr/bin/env", ["unshare", kind.rawValue, "sh", "-ec", commands + "\necho made\nexec sleep infinity"])
        try await keeper.line("made")
    }

    /// The process that keeps it.
    package var pid: pid_t { keeper.pid }

    /// What is written in front of a program that is to see it.
    package var launcher: [String] { Self.launcher(kind, keptBy: pid) }

    /// As `launcher`, where another process has made it.
    package static func launcher(_ kind: Kind, keptBy pid: pid_t) -> [String] {
        ["nsenter", "--target", "\(pid)", kind.rawValue]
    }

    /// Where its files are for those who are not in it.
    package func path(_ inside: String) -> String { "/proc/\(pid)/root" + inside }

    /// Does in it what a shell is told.
    package func run(_ commands: String) async throws {
        let shell = try ChildProcess("/bin/sh", ["-ec", commands], launcher: launcher)
        guard try await shell.ended() == 0 else { throw ChildFailure("\(commands): \(shell.errors)") }
    }

    /// Joins two networks by a link, whose ends have these addresses.
    package static func join(_ one: Namespace, _ other: Namespace, _ addresses: (String, String)) async throws {
        try await one.run("ip link add veth0 type veth peer name veth0 netns \(other.pid)")
        for (namespace, address) in [(one, addresses.0), (other, addresses.1)] {
            try await namespace.run("ip address add \(address) dev veth0; ip link set veth0 up; ip link set lo up")
        }
    }
}
