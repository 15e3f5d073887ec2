internal import CFabric

/// What a provider offers for an interface: one entry of the library's answer.
///
/// Ownership: has a copy of the entry, which it frees. Nobody changes the entry after `init`, and that makes the
/// unchecked conformance sound.
final class FabricInfo: @unchecked Sendable {
    let library: FabricLibrary
    let entry: UnsafeMutablePointer<fi_info>

    private init(_ library: FabricLibrary, copying entry: UnsafePointer<fi_info>) {
        self.library = library
        guard let copy = library.duplicateInfo(entry) else {
            preconditionFailure("no memory for a provider's description")
        }
        self.entry = copy
    }

    deinit { library.freeInfo(entry) }

    var provider: String { String(cString: entry.pointee.fabric_attr.pointee.prov_name) }
    var fabric: String { String(cString: entry.pointee.fabric_attr.pointee.name) }
    var domain: String { String(cString: entry.pointee.domain_attr.pointee.name) }
    var registration: RegistrationMode { RegistrationMode(rawValue: entry.pointee.domain_attr.pointee.mr_mode) }
    /// The bytes of a key that go over the wire.
    var keyBytes: Int { entry.pointee.domain_attr.pointee.mr_key_size }
    /// How many receives may be posted, and how many other operations.
    var receives: Int { entry.pointee.rx_attr.pointee.size }
    var transmits: Int { entry.pointee.tx_attr.pointee.size }
    /// The most bytes that one operation moves.
    var operationBytes: Int {
        // No limit is all bits set, which Swift has as -1.
        let most = entry.pointee.ep_attr.pointee.max_msg_size
        return most > 0 ? most : .max
    }
    /// Whether addresses are those of IPv4.
    var isIPv4: Bool { entry.pointee.addr_format == UInt32(FI_SOCKADDR_IN) }

    /// The address of the interface, which an endpoint begins with.
    var sourceAddress: [UInt8] {
        guard let address = entry.pointee.src_addr else { return [] }
        return Array(UnsafeRawBufferPointer(start: address, count: entry.pointee.src_addrlen))
    }

    /// Whether the bytes can be the address of an endpoint; providers do not look.
    func isAddress(_ bytes: [UInt8]) -> Bool {
        if isIPv4 { return bytes.count == 16 && bytes[0] == 2 && bytes[1] == 0 }
        if entry.pointee.addr_format == UInt32(FI_ADDR_STR) {
            return (1...255).contains(bytes.count) && bytes.last == 0
        }
        return !bytes.isEmpty && (sourceAddress.isEmpty || bytes.count == sourceAddress.count)
    }

    /// An address as people read it.
    func text(_ address: [UInt8]) -> String {
        guard isIPv4, isAddress(address) else { return "\(FabricAddress.endpoint(address))" }
        let host = address[4..<8].map { String($0) }.joined(separator: ".")
        return "\(host):\(Int(address[2]) << 8 | Int(address[3]))"
    }

    /// A copy that begins at another port of the interface.
    func at(port: Int) -> FabricInfo {
        let copy = FabricInfo(library, copying: entry)
        if isIPv4, let address = copy.entry.pointee.src_addr {
            address.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return copy
    }

    /// All that fit: reliable, unconnected, with messages in order and remote reads.
    /// - Parameter interface: the number or name of the host whose interface is to be used; nil for any.
    static func all(_ library: FabricLibrary, interface: String?) throws(FabricError) -> [FabricInfo] {
        guard let hints = library.duplicateInfo(nil) else { throw FabricError(.outOfMemory, "there is no memory") }
        defer { library.freeInfo(hints) }
        let caps = UInt64(FI_MSG) | UInt64(FI_RMA) | FI_SEND | FI_RECV | FI_READ | FI_REMOTE_READ
        hints.pointee.caps = caps
        // Whoever needs room in the context of an operation gets it.
        hints.pointee.mode = FI_CONTEXT | FI_CONTEXT2
        hints.pointee.ep_attr.pointee.type = FI_EP_RDM
        hints.pointee.domain_attr.pointee.threading = FI_THREAD_SAFE
        hints.pointee.domain_attr.pointee.mr_mode = RegistrationMode.understood.rawValue
        hints.pointee.domain_attr.pointee.resource_mgmt = FI_RM_ENABLED
        hints.pointee.tx_attr.pointee.msg_order = FI_ORDER_SAS
        hints.pointee.rx_attr.pointee.msg_order = FI_ORDER_SAS
        var list: UnsafeMutablePointer<fi_info>?
        let status =
            if let interface {
                library.getInfo(library.interface, interface, nil, FI_SOURCE, hints, &list)
            } else {
                library.getInfo(library.interface, nil, nil, 0, hints, &list)
            }
        if abs(status) == FI_ENODATA || abs(status) == FI_ENOENT { return [] }
        try library.check(status, "the fabrics of \(interface ?? "this machine") cannot be listed")
        defer { if let list { library.freeInfo(list) } }
        var found: [FabricInfo] = []
        var next = list
        while let entry = next {
            found.append(FabricInfo(library, copying: entry))
            next = entry.pointee.next
        }
        return found
    }
}
