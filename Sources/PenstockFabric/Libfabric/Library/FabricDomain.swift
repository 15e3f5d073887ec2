internal import CFabric
internal import CPenstockShim

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An opened interface: endpoints, queues and regions are made from it.
///
/// Opened as safe for threads, and nothing in it changes after `init`: that makes the unchecked conformance sound.
/// Regions and endpoints hold it, so it closes last, and its fabric after it.
final class FabricDomain: @unchecked Sendable {
    let info: FabricInfo
    /// What the provider wants of registrations.
    let mode: RegistrationMode
    /// Whether a queue of completions has a descriptor to wait for.
    let isWaitable: Bool
    private var domain: FabricHandle<fid_domain>?
    private let fabric: FabricHandle<fid_fabric>

    /// - Parameter forced: what is done although the provider does not want it; for tests.
    init(_ info: FabricInfo, forced: RegistrationMode = []) throws(FabricError) {
        self.info = info
        mode = info.registration.union(forced)
        isWaitable = info.provider != "shm"
        let library = info.library
        guard RegistrationMode.understood.isSuperset(of: info.registration) else {
            throw FabricError(
                .unavailable,
                "\(info.provider) wants memory registered in a way that is not known here (mode \(info.registration.rawValue))",
                hint: "choose another provider")
        }
        let fabric: FabricHandle<fid_fabric> = try .open(library, "the fabric \(info.fabric) cannot be opened") {
            library.openFabric(info.entry.pointee.fabric_attr, $0, nil)
        }
        domain = try .open(library, "\(info.domain) of \(info.provider) cannot be opened") {
            fi_domain(fabric.pointer, info.entry, $0, nil)
        }
        self.fabric = fabric
    }

    deinit { domain = nil }

    var library: FabricLibrary { info.library }

    private var pointer: UnsafeMutablePointer<fid_domain> {
        guard let pointer = domain?.pointer else { preconditionFailure("a domain is used after it was closed") }
        return pointer
    }

    // MARK: What is made from it

    func openEndpoint(_ info: FabricInfo) throws(FabricError) -> FabricHandle<fid_ep> {
        try .open(
            library, "\(info.provider) cannot make an endpoint",
            hint: "is the interface one of this machine? else raise the limit of open files (ulimit -n)"
        ) {
            fi_endpoint(pointer, info.entry, $0, nil)
        }
    }

    func openAddresses() throws(FabricError) -> FabricHandle<fid_av> {
        var attributes = fi_av_attr()
        attributes.type = info.entry.pointee.domain_attr.pointee.av_type
        attributes.count = 4
        return try .open(library, "\(info.provider) cannot make a table of addresses") {
            fi_av_open(pointer, &attributes, $0, nil)
        }
    }

    /// A queue of completions; `isWaitable` says whether to ask for a descriptor that becomes readable.
    func openQueue(entries: Int, isWaitable: Bool) throws(FabricError) -> FabricHandle<fid_cq> {
        var attributes = fi_cq_attr()
        attributes.size = entries
        attributes.format = FI_CQ_FORMAT_MSG
        attributes.wait_obj = isWaitable ? FI_WAIT_FD : FI_WAIT_NONE
        return try .open(library, "\(info.provider) cannot make a queue of completions") {
            fi_cq_open(pointer, &attributes, $0, nil)
        }
    }

    /// Whether one may sleep until the queue's descriptor is readable; false where there is something in the queue.
    func maySleep(on queue: borrowing FabricHandle<fid_cq>) -> Bool {
        var object: UnsafeMutablePointer<fid>? = queue.base
        return fi_trywait(fabric.pointer, &object, 1) == 0
    }

    /// Registers memory for peers to read, and for own operations.
    func register(
        _ memory: UnsafeMutableRawBufferPointer, for endpoint: UnsafeMutablePointer<fid_ep>?
    ) throws(FabricError) -> FabricHandle<fid_mr> {
        if mode.contains(.allocated) { penstock_populate(memory.baseAddress, UInt64(memory.count)) }
        var parts = iovec(iov_base: memory.baseAddress, iov_len: memory.count)
        let region = try withUnsafePointer(to: &parts) { parts throws(FabricError) in
            var attributes = fi_mr_attr()
            attributes.mr_iov = parts
            attributes.iov_count = 1
            attributes.access = FI_SEND | FI_RECV | FI_READ | FI_REMOTE_READ
            return try open(&attributes, memory.count)
        }
        if info.registration.contains(.endpoint) {
            guard let endpoint else { preconditionFailure("memory is registered for an endpoint") }
            try library.check(
                fi_mr_bind(region.pointer, &endpoint.pointee.fid, 0), "memory cannot be bound to an endpoint")
            try library.check(fi_mr_enable(region.pointer), "memory cannot be enabled")
        }
        return region
    }

    /// Two regions do not have the same key: short keys that are random may collide, so that several are tried.
    private func open(_ attributes: inout fi_mr_attr, _ byteCount: Int) throws(FabricError) -> FabricHandle<fid_mr> {
        var pointer: UnsafeMutablePointer<fid_mr>?
        var status: Int32 = 0
        for _ in 0..<8 {
            attributes.requested_key = info.registration.requestedKey(bytes: info.keyBytes)
            status = fi_mr_regattr(self.pointer, &attributes, 0, &pointer)
            if abs(status) != FI_ENOKEY { break }
        }
        try library.check(
            status, "\(byteCount) bytes of memory cannot be registered",
            hint: "raise the limit of locked memory (ulimit -l), or ask for fewer or smaller slabs")
        guard let pointer else { throw FabricError(.unavailable, "\(info.provider) registers no memory") }
        return FabricHandle(pointer)
    }
}
