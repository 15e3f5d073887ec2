/// Some networks with a switch between them, as several machines have.
package struct Switch: Sendable {
    package static let isImpossible = "needs the right to make network namespaces and bridges"
    /// Whether this process may make one.
    package static func isPossible() async -> Bool { (try? await Switch(2)) != nil }

    /// The networks; the switch itself is in the first one.
    package let networks: [Namespace]

    /// The address of a network.
    package static func host(_ number: Int) -> String { "10.99.1.\(number + 1)" }

    /// Makes so many networks and joins them.
    package init(_ count: Int) async throws {
        let first = try await Namespace(
            .network,
            """
            ip link add switch0 type bridge
            ip address add \(Self.host(0))/24 dev switch0
            ip link set switch0 up
            ip link set lo up
            """)
        var networks = [first]
        for number in 1..<count {
            let other = try await Namespace(.network, "ip link set lo up")
            try await first.run(
                """
                ip link add port\(number) type veth peer name veth0 netns \(other.pid)
                ip link set port\(number) master switch0 up
                """)
            try await other.run("ip address add \(Self.host(number))/24 dev veth0; ip link set veth0 up")
            networks.append(other)
        }
        self.networks = networks
    }
}
