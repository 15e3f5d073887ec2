internal import Dispatch

extension GridrecPlan {
    /// Reconstructs all rows of a stack, pair by pair, on `workers` threads with one workspace each.
    ///
    /// The result does not depend on `workers`, bit for bit. The first row of the stack must be an even row of the
    /// whole detector; a last row without partner is paired with zeros. Values must be finite, after -log.
    /// - Parameters:
    ///   - stack: The rows.
    ///   - images: Room for [row of the stack, `columns`, `columns`] values.
    ///   - workers: Threads, at least 1.
    public func reconstruct(
        _ stack: ProjectionStack, into images: UnsafeMutablePointer<Float>, workers: Int = 1
    ) {
        precondition(workers > 0, "reconstruction needs at least one worker")
        let pairs = (stack.rowCount + 1) / 2
        let threads = min(workers, pairs)
        guard threads > 1 else { return reconstruct(stack, into: images, from: 0, every: 1) }
        // Sound: the threads read the stack and write different images, and all are done when this call returns.
        nonisolated(unsafe) let stack = stack
        nonisolated(unsafe) let images = images
        DispatchQueue.concurrentPerform(iterations: threads) { worker in
            reconstruct(stack, into: images, from: worker, every: threads)
        }
    }

    /// Reconstructs the pairs `first`, `first` + `step` and so on.
    private func reconstruct(
        _ stack: ProjectionStack, into images: UnsafeMutablePointer<Float>, from first: Int, every step: Int
    ) {
        var workspace = GridrecWorkspace(for: self)
        let size = columns * columns
        for row in stride(from: 2 * first, to: stack.rowCount, by: 2 * step) {
            let even = stack.pointers(row: row, angleCount: angleCount)
            let hasOdd = row + 1 < stack.rowCount
            let odd = hasOdd ? stack.pointers(row: row + 1, angleCount: angleCount) : []
            even.withUnsafeBufferPointer { even in
                odd.withUnsafeBufferPointer { odd in
                    reconstruct(
                        even: even, odd: hasOdd ? odd : nil, into: images + row * size,
                        hasOdd ? images + (row + 1) * size : nil, workspace: &workspace)
                }
            }
        }
    }
}
