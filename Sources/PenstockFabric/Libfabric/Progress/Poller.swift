internal import CPenstockShim

/// Waits for descriptors, each of which has a number. Ownership: has its own descriptor.
struct Poller: ~Copyable {
    private static let mostEvents = 64
    private let descriptor: Int32

    /// Without a descriptor where the system has none left; then `add` says so.
    init() { descriptor = penstock_poller_open() }

    deinit { penstock_poller_close(descriptor) }

    func add(_ other: Int32, _ number: UInt64) throws(FabricError) {
        let status = descriptor < 0 ? -1 : penstock_poller_add(descriptor, other, number)
        if status == 0 { return }
        throw FabricError(
            .unavailable, "the system cannot wait for one more descriptor: error \(status)",
            hint: "raise the limit of open files (ulimit -n)")
    }

    func remove(_ other: Int32) { penstock_poller_remove(descriptor, other) }

    /// Waits until one of the descriptors is readable or the time is over, for ever where it is nil; calls `body` with
    /// the numbers of those that are.
    func wait(nanoseconds: UInt64?, _ body: (UInt64) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.mostEvents) { numbers in
            let time = nanoseconds.map { Int64(clamping: $0) } ?? -1
            let count = penstock_poller_wait(descriptor, numbers.baseAddress, Int32(Self.mostEvents), time)
            for at in 0..<Int(count) { body(numbers[at]) }
        }
    }
}
