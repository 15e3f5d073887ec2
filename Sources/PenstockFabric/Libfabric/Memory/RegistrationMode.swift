internal import CFabric

/// What a provider wants of whoever registers memory. Everything that is understood is asked for, and what comes back
/// is obeyed.
struct RegistrationMode: OptionSet, Sendable, Hashable {
    let rawValue: Int32

    /// Memory of one's own operations is registered too, and named in them.
    static let local = RegistrationMode(rawValue: 1 << 2)
    /// Remote addresses are those of the owner's process, not offsets.
    static let virtualAddresses = RegistrationMode(rawValue: 1 << 4)
    /// Pages are there before they are registered.
    static let allocated = RegistrationMode(rawValue: 1 << 5)
    /// The provider chooses the keys.
    static let providerKeys = RegistrationMode(rawValue: 1 << 6)
    /// Memory is registered for one endpoint, and enabled.
    static let endpoint = RegistrationMode(rawValue: 1 << 9)

    static let understood: RegistrationMode = [.local, .virtualAddresses, .allocated, .providerKeys, .endpoint]

    /// Whether registering pins pages, so that it is worth doing once for an arena and not for each payload.
    var pins: Bool { contains(.allocated) }

    /// Where a peer finds memory that is registered from `address` on.
    func remoteBase(of address: UnsafeMutableRawPointer?) -> UInt64 {
        contains(.virtualAddresses) ? UInt64(UInt(bitPattern: address)) : 0
    }

    /// A key to ask for: random, so that nobody guesses it, in as many bytes as the provider has; 0 where the provider
    /// chooses.
    func requestedKey(bytes: Int) -> UInt64 {
        if contains(.providerKeys) { return 0 }
        let random = UInt64.random(in: 1...UInt64.max)
        return bytes >= 8 ? random : max(1, random >> UInt64(64 - 8 * bytes))
    }
}
