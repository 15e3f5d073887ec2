/// An endpoint of a fabric to which clients say hello.
final class LibfabricListener: Listener {
    let address: FabricAddress
    private let id: UInt64
    private let queue: ProgressQueue

    init(_ id: UInt64, _ address: FabricAddress, _ queue: ProgressQueue) {
        self.id = id
        self.address = address
        self.queue = queue
    }

    func close() async {
        await withCheckedContinuation { continuation in
            if !queue.submit(.unlisten(listener: id, done: { continuation.resume() })) { continuation.resume() }
        }
    }
}
