/// Which fabric a process uses, and by which of its interfaces. What `--fabric` and `PENSTOCK_FABRIC` take.
public struct FabricChoice: Sendable, Hashable, CustomStringConvertible {
    /// The provider.
    public let provider: FabricProvider
    /// The number or name of this host on the network to use.
    public let interface: String

    /// A provider at an interface; this machine's loopback where none is named.
    public init(_ provider: FabricProvider, interface: String = "127.0.0.1") {
        self.provider = provider
        self.interface = interface
    }

    /// Reads `PROVIDER`, or `PROVIDER@INTERFACE`; the provider may be `auto`.
    /// - Throws: `FabricError` with code `invalidAddress`.
    public init(_ text: String) throws(FabricError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        guard parts.allSatisfy({ !$0.isEmpty }), let name = parts.first else {
            throw FabricError(
                .invalidAddress, "'\(text)' names no fabric",
                hint: "write auto or the name of a provider, and @INTERFACE where it is not this machine alone")
        }
        provider = name == "auto" ? .automatic : .named(name)
        interface = parts.count > 1 ? parts[1] : "127.0.0.1"
    }

    /// The choice as `init(_:)` reads it.
    public var description: String {
        let name = if case .named(let name) = provider { name } else { "auto" }
        return "\(name)@\(interface)"
    }
}
