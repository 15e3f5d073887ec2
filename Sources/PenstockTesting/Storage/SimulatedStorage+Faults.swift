internal import Synchronization

extension SimulatedStorage {
    /// How often calls fail, of all processes on the disk.
    public var faults: FaultPlan {
        get { shared.disk.withLock { $0.faults } }
        set { shared.disk.withLock { $0.faults = newValue } }
    }

    /// The size of the disk in bytes; nil for no limit.
    public var capacityBytes: Int? {
        get { shared.disk.withLock { $0.capacity } }
        set { shared.disk.withLock { $0.capacity = newValue } }
    }

    /// Bytes that files take from the disk, with what is reserved for them.
    public var usedBytes: Int {
        shared.disk.withLock { disk in disk.files.values.reduce(0) { $0 + ($1.isLinked ? $1.allocated : 0) } }
    }

    /// Whether this process is dead. All of its calls fail then.
    public var isDead: Bool { shared.disk.withLock { $0.isDead(process) } }

    /// How this process ended; nil while it lives. A power loss after its death counts, too.
    public var lastCrash: Crash? { shared.disk.withLock { $0.dead[process] } }

    /// Ends this process, or with `.power` all processes on the disk.
    public func crash(_ kind: Crash) {
        let process = process
        shared.disk.withLock { $0.crash(kind, process: process) }
    }

    /// Plans a crash in the middle of the `call`-th call from now, counted from 1, with which this process changes something: it happens
    /// in part, and all later calls fail. A call of 0 cancels the plan.
    public func crash(_ kind: Crash, atCall call: Int) {
        let process = process
        shared.disk.withLock { $0.planned[process] = call > 0 ? .init(callsLeft: call, kind: kind) : nil }
    }

    /// Calls `body` once before the `call`-th call from now, counted from 1, with which this process changes something whose path begins
    /// with `prefix`; a crash of the process or a call of 0 cancels that.
    ///
    /// It comes behind everything that the process asked before the call, and the call is done when `body` returns: with
    /// `SimulatedScheduler.standStill(for:)` in it, a change comes later than whoever made it thinks.
    public func interrupt(atCall call: Int, under prefix: String, _ body: @escaping @Sendable () -> Void) {
        let process = process
        shared.disk.withLock { disk in
            guard !disk.isDead(process) else { return }
            disk.interruptions[process] = call > 0 ? .init(callsLeft: call, prefix: prefix, body: body) : nil
        }
    }

    /// Makes every `operation` (`write`, `sync`, `read`) on files whose path ends with `suffix` wait until it is released.
    public func hold(_ operation: String, on suffix: String) -> HeldCalls {
        let held = HeldCalls(operation: operation, suffix: suffix)
        shared.held.withLock { $0.append(held) }
        return held
    }

    /// The bytes of a file as processes see them, or nil where there is none.
    public func contents(of path: String) -> [UInt8]? {
        shared.disk.withLock { disk in disk.names.node(at: path).flatMap { disk.files[$0]?.visible } }
    }

    /// Changes one bit of a file on the disk for good. Nothing happens outside of the file.
    public func flip(_ path: String, at position: Int, bit: Int = 0) {
        precondition((0..<8).contains(bit), "a byte has the bits 0 to 7")
        shared.disk.withLock { disk in
            guard let file = disk.names.node(at: path) else { return }
            disk.files[file]?.flip(bit, at: position)
        }
    }

    /// Syncs of files that failed by a fault. What they should have saved may be visible and yet not survive a power loss.
    public var failedSyncs: Int { shared.disk.withLock { $0.failedSyncs } }

    /// A number that stands for all calls on the disk so far, in their order: two runs that agree in it did the same.
    public var trace: UInt64 { shared.disk.withLock { $0.trace } }
}
