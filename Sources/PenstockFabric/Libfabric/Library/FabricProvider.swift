/// Which of a fabric's providers is used.
public enum FabricProvider: Sendable, Hashable {
    /// The first one of the preferred that is there: `verbs;ofi_rxm`, `cxi`, `efa`, `opx`, `psm3`, else `tcp;ofi_rxm`
    /// or `tcp`.
    case automatic
    /// The provider of a name, such as `tcp;ofi_rxm`. Shared memory (`shm`) is used on request only: it checks neither
    /// keys nor bounds, so that it is for the processes of one user.
    case named(String)
}

/// A provider that a machine has, and what it offers.
public struct FabricProviderDescription: Sendable, Hashable {
    /// Its name, as in `FabricProvider.named`.
    public let name: String
    /// The network that it reaches, such as `127.0.0.0/8`.
    public let fabric: String
    /// The device or interface.
    public let domain: String
    /// Why Penstock does not use it; nil where it does.
    public let refusal: String?
}

/// Which providers are used, and in which order.
///
/// From what was tried: `net` keeps the processor busy when idle, `sockets` is slow and deprecated, `udp;ofi_rxd`
/// cannot be waited for.
enum FabricProviderPolicy {
    static let byHardware = ["verbs;ofi_rxm", "cxi", "efa", "opx", "psm3"]
    static let preferred = byHardware + ["tcp;ofi_rxm", "tcp"]
    private static let onRequest = ["shm"]

    /// Why a provider is never used, or only on request; nil where it is one of the preferred.
    static func refusal(of name: String) -> String? {
        if preferred.contains(name) { return nil }
        return switch name {
        case "shm": "checks neither keys nor bounds; for the processes of one user, on request"
        case "net": "keeps the processor busy while it waits"
        case "sockets": "is deprecated and slow"
        case "udp;ofi_rxd", "UDP;ofi_rxd": "cannot be waited for"
        default: "has not been tried"
        }
    }

    /// The name to use out of those that are there; nil where none will do.
    static func choose(_ wanted: FabricProvider, among names: [String]) -> String? {
        switch wanted {
        case .automatic: preferred.first { names.contains($0) }
        case .named(let name): names.contains(name) && (preferred + onRequest).contains(name) ? name : nil
        }
    }

    /// Which package has a provider, for people.
    static func howToInstall(_ wanted: FabricProvider) -> String {
        guard case .named(let name) = wanted else { return FabricLibrary.howToInstall }
        return switch name {
        case "net", "sockets", "udp;ofi_rxd": "\(name) is not used: choose one of \(preferred.joined(separator: ", "))"
        case "verbs;ofi_rxm": "load the driver of the adapter and install: apt install libibverbs1 ibverbs-providers"
        case "cxi": "use the libfabric of the site's Slingshot software"
        case "efa": "install the EFA software of the cloud, which brings its libfabric"
        default: "choose one of \((preferred + onRequest).joined(separator: ", "))"
        }
    }
}
