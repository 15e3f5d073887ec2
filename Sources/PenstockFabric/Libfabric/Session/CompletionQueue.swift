internal import CFabric

/// The queue in which the completions of an endpoint come.
///
/// Each endpoint has its own: libfabric 1.17 leaves what it waits for on behalf of an endpoint in the queue when the
/// endpoint is closed (`tcp;ofi_rxm`), so that a queue must not outlive one. Belongs to the progress thread.
final class CompletionQueue {
    private static let entriesPerRead = 32
    let handle: FabricHandle<fid_cq>
    /// Readable when something has come; nil where the provider cannot tell.
    let descriptor: Int32?
    private let domain: FabricDomain
    private let entries: UnsafeMutablePointer<fi_cq_msg_entry>

    init(_ domain: FabricDomain, entries count: Int) throws(FabricError) {
        let handle = try domain.openQueue(entries: count, isWaitable: domain.isWaitable)
        var descriptor: Int32 = -1
        if domain.isWaitable {
            try domain.library.check(
                fi_control(handle.base, Int32(FI_GETWAIT), &descriptor), "a queue of completions cannot be waited for")
        }
        self.handle = handle
        self.domain = domain
        self.descriptor = domain.isWaitable ? descriptor : nil
        entries = .allocate(capacity: Self.entriesPerRead)
        entries.initialize(repeating: fi_cq_msg_entry(), count: Self.entriesPerRead)
    }

    deinit { entries.deallocate() }

    /// Whether one may sleep until the descriptor is readable; false where something has come.
    func maySleep() -> Bool { descriptor == nil || domain.maySleep(on: handle) }

    /// Makes progress, and calls `body` for each completion that has come: its pointer, the bytes that were received,
    /// and the positive number of the error, if it is one. False where none has come.
    func read(_ body: (UnsafeMutableRawPointer?, Int, Int?) -> Void) -> Bool {
        let count = fi_cq_read(handle.pointer, entries, Self.entriesPerRead)
        if count > 0 {
            for at in 0..<count { body(entries[at].op_context, entries[at].len, nil) }
            return true
        }
        guard abs(count) == Int(FI_EAVAIL) else { return false }
        var entry = fi_cq_err_entry()
        guard fi_cq_readerr(handle.pointer, &entry, 0) > 0 else { return false }
        // Some providers give the error with the wrong sign, and some no pointer.
        body(entry.op_context, 0, Int(entry.err.magnitude))
        return true
    }
}
