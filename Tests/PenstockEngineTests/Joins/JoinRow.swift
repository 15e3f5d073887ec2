import PenstockEvents

@testable import PenstockEngine

/// A row of the joins under test: the numbers of the events, -1 where there is none, and the row's time.
struct JoinRow: Sendable, Equatable, CustomStringConvertible {
    var key: Int64 = 0
    var left: Int64 = -1
    var right: Int64 = -1
    /// Set from the row's time when it is taken.
    var time: Int64 = 0
    /// Of groups: the start of the window and all numbers, left first.
    var start: Int64 = 0
    var lefts = 0
    var rights = 0

    var description: String { "(\(key): \(left), \(right) at \(time))" }
}

extension JoinKernel {
    /// Pairs of samples.
    static func pairs(_ kind: JoinKind) -> JoinKernel {
        JoinKernel(
            left: ValueType(Sample.self), right: ValueType(Sample.self), output: ValueType(JoinRow.self), kind: kind
        ) { pairs, count, output in
            for k in 0..<count {
                let left = pairs[k].left?.assumingMemoryBound(to: Sample.self).pointee
                let right = pairs[k].right?.assumingMemoryBound(to: Sample.self).pointee
                let row = JoinRow(
                    key: left?.key ?? right?.key ?? 0, left: left?.number ?? -1, right: right?.number ?? -1)
                (output.assumingMemoryBound(to: JoinRow.self) + k).initialize(to: row)
            }
            return KernelOutcome(processed: count)
        }
    }

    /// One row for each event of a group, left first, with the sizes of both sides.
    static let groups = JoinKernel(
        left: ValueType(Sample.self), right: ValueType(Sample.self), output: ValueType(JoinRow.self)
    ) { group, output in
        let (lefts, rights) = (group.lefts.values(Sample.self), group.rights.values(Sample.self))
        let (key, start) = (group.key(as: Int64.self), group.window.start.nanoseconds)
        let row = JoinRow(key: key, start: start, lefts: lefts.count, rights: rights.count)
        output.append(
            lefts.map {
                var row = row
                row.left = $0.number
                return row
            })
        output.append(
            rights.map {
                var row = row
                row.right = $0.number
                return row
            })
    }
}

extension BroadcastKernel {
    /// Each event of the data with the number of the last event of the control stream, which the state counts, too.
    static let latest = BroadcastKernel(
        data: ValueType(Sample.self), control: ValueType(Sample.self), state: ValueType(Sample.self),
        output: ValueType(JoinRow.self),
        makeState: { $0.initializeMemory(as: Sample.self, to: Sample(key: 0, number: -1)) },
        update: { control, state in
            let state = state.assumingMemoryBound(to: Sample.self)
            state.pointee.number = control.assumingMemoryBound(to: Sample.self).pointee.number
            state.pointee.key += 1
        },
        makeRow: { event, state, row in
            let (event, state) = (
                event.assumingMemoryBound(to: Sample.self).pointee, state.assumingMemoryBound(to: Sample.self).pointee
            )
            row.initializeMemory(
                as: JoinRow.self,
                to: JoinRow(key: event.key, left: event.number, right: state.number, rights: Int(state.key)))
        })
}
