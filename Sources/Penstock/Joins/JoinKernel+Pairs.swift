public import PenstockEngine

// The loops over pairs, with the author's closure inside.
extension JoinKernel {
    @inlinable @inline(__always) static func inner<L: Sendable, R: Sendable, Row: Sendable, Failure: Error>(
        _ row: @escaping @Sendable (L, R) throws(Failure) -> Row
    ) -> JoinKernel {
        JoinKernel(rows: Row.self, left: L.self, right: R.self, kind: .inner) { (pair) throws(Failure) in
            try row(
                pair.left!.assumingMemoryBound(to: L.self).pointee,
                pair.right!.assumingMemoryBound(to: R.self).pointee)
        }
    }

    @inlinable @inline(__always) static func left<L: Sendable, R: Sendable, Row: Sendable, Failure: Error>(
        _ row: @escaping @Sendable (L, R?) throws(Failure) -> Row
    ) -> JoinKernel {
        JoinKernel(rows: Row.self, left: L.self, right: R.self, kind: .left) { (pair) throws(Failure) in
            try row(
                pair.left!.assumingMemoryBound(to: L.self).pointee,
                pair.right?.assumingMemoryBound(to: R.self).pointee)
        }
    }

    @inlinable @inline(__always) static func right<L: Sendable, R: Sendable, Row: Sendable, Failure: Error>(
        _ row: @escaping @Sendable (L?, R) throws(Failure) -> Row
    ) -> JoinKernel {
        JoinKernel(rows: Row.self, left: L.self, right: R.self, kind: .right) { (pair) throws(Failure) in
            try row(
                pair.left?.assumingMemoryBound(to: L.self).pointee,
                pair.right!.assumingMemoryBound(to: R.self).pointee)
        }
    }

    @inlinable @inline(__always) static func full<L: Sendable, R: Sendable, Row: Sendable, Failure: Error>(
        _ row: @escaping @Sendable (L?, R?) throws(Failure) -> Row
    ) -> JoinKernel {
        JoinKernel(rows: Row.self, left: L.self, right: R.self, kind: .full) { (pair) throws(Failure) in
            try row(
                pair.left?.assumingMemoryBound(to: L.self).pointee,
                pair.right?.assumingMemoryBound(to: R.self).pointee)
        }
    }

    @inlinable @inline(__always) init<L, R, Row, Failure: Error>(
        rows: Row.Type, left: L.Type, right: R.Type, kind: JoinKind,
        _ row: @escaping @Sendable (JoinPair) throws(Failure) -> Row
    ) {
        self.init(left: ValueType(L.self), right: ValueType(R.self), output: ValueType(Row.self), kind: kind) {
            pairs, count, output in
            let rows = output.assumingMemoryBound(to: Row.self)
            var k = 0
            do throws(Failure) {
                while k < count {
                    (rows + k).initialize(to: try row(pairs[k]))
                    k &+= 1
                }
            } catch {
                return KernelOutcome(failedAt: k, error)
            }
            return KernelOutcome(processed: count)
        }
    }
}
