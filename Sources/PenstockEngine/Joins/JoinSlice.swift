/// The events of one slice of time.
final class JoinSlice {
    let start: Int64
    private let left: KeptEventBlocks
    private let right: KeptEventBlocks
    /// The events of each side by key, as far as they were sorted.
    private(set) var lefts: [KeptEvent] = []
    private(set) var rights: [KeptEvent] = []

    init(start: Int64, _ kernel: JoinKernel) {
        self.start = start
        left = KeptEventBlocks(of: kernel.left)
        right = KeptEventBlocks(of: kernel.right)
    }

    func kept(_ input: UInt8) -> KeptEventBlocks { input == 0 ? left : right }

    /// Sorts the events unless they have been already.
    func sort(_ keys: JoinKeys) {
        if lefts.count != left.events.count {
            lefts = left.events
            keys.sort(&lefts)
        }
        if rights.count != right.events.count {
            rights = right.events
            keys.sort(&rights)
        }
    }

    var codes: Set<UInt64> { Set(left.events.map(\.code)).union(right.events.map(\.code)) }
}
