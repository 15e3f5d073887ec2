internal import Foundation

/// Two networks with a link between them, as two machines have, and their addresses on it.
package struct Link: Sendable {
    package static let isImpossible = "needs the right to make network namespaces"
    /// Whether this process may make one.
    package static func isPossible() async -> Bool { (try? await Link()) != nil }

    package let near: Namespace
    package let far: Namespace
    package static let nearHost = "10.99.0.1"
    package static let farHost = "10.99.0.2"

    /// Names the process that keeps the far network, for tests that run in a process in the near one.
    package static let farVariable = "PENSTOCK_TEST_FAR"
    private static let keeper = ProcessInfo.processInfo.environment[farVariable].flatMap { pid_t($0) }
    /// Whether this process is in the near network of a link.
    package static let isFarThere = keeper != nil

    /// What is written in front of a program that is to be in the far network.
    package static func farLauncher() throws -> [String] {
        guard let keeper else { throw ChildFailure("there is no far network") }
        return Namespace.launcher(.network, keptBy: keeper)
    }

    package init() async throws {
        near = try await Namespace(.network, ":")
        far = try await Namespace(.network, ":")
        try await Namespace.join(near, far, ("\(Self.nearHost)/24", "\(Self.farHost)/24"))
    }

    /// Cuts the link, or heals it: `down` or `up`.
    package func set(_ state: String) async throws { try await near.run("ip link set veth0 \(state)") }
}
