internal import PenstockEvents
internal import PenstockFabric
internal import PenstockLog

/// The appends of one writer of a session, which reach the partition in the order in which the client sent them, though their payloads
/// come in any.
///
/// When one fails, those that the client sent before it knew fail too: no batch stands behind a hole.
final class AppendLane: Sendable {
    /// An append whose payload comes.
    struct Entry: Sendable {
        let append: Append
        let bodyByteCount: Int
        let transaction: (any PortableTransaction)?
        let answer: @Sendable (Result<Acknowledgement, LogError>) -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        /// The bodies that are here, behind the room for their headers.
        var arrived: [UInt64: Payload.Storage] = [:]
        /// The number of the next one to come, and of the next one to hand over.
        var next: UInt64 = 0
        var due: UInt64 = 0
        var isHandingOver = false
        var series: UInt32 = 0
        var waiting: [CheckedContinuation<Void, Never>] = []

        var isIdle: Bool { entries.isEmpty && !isHandingOver }

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            guard isIdle else { return [] }
            defer { waiting = [] }
            return waiting
        }
    }

    private let writer: any PortableWriter
    private let state = Guarded(State())

    init(_ writer: any PortableWriter) { self.writer = writer }

    /// Takes an append; `arrive` is called with the number when its payload is here.
    func add(_ entry: Entry) -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            state.entries[state.next] = entry
            return state.next
        }
    }

    /// The payload of an append is here, behind the room for the header in `slab`.
    func arrive(_ number: UInt64, in slab: Payload.Storage) {
        state.withLock { $0.arrived[number] = slab }
        handOver()
    }

    /// The payload of an append does not come, because the connection has ended: nothing behind it is appended either.
    func abandon() {
        let waiting = state.withLock { state in
            state.entries = [:]
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until everything that was taken has been handed over.
    func drained() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.isIdle { state.waiting.append(continuation) }
                return state.isIdle
            }
            if isIdle { continuation.resume() }
        }
    }

    private enum Step {
        case wait
        case refuse(Entry)
        case submit(Entry, Payload.Storage)
    }

    // One at a time: whoever finds that somebody hands over leaves the rest to him.
    private func handOver() {
        while true {
            let step: Step = state.withLock { state in
                guard !state.isHandingOver, let slab = state.arrived.removeValue(forKey: state.due),
                    let entry = state.entries.removeValue(forKey: state.due)
                else { return .wait }
                state.due += 1
                state.isHandingOver = true
                if entry.append.series < state.series { return .refuse(entry) }
                state.series = entry.append.series
                return .submit(entry, slab)
            }
            switch step {
            case .wait: return
            case .refuse(let entry):
                entry.answer(.failure(behindFailure))
                finishHandingOver()
            case .submit(let entry, let slab):
                guard submit(entry, slab) else { return }
                finishHandingOver()
            }
        }
    }

    private func finishHandingOver() {
        let waiting = state.withLock { state in
            state.isHandingOver = false
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// False where that goes on elsewhere, because there is no room yet.
    private func submit(_ entry: Entry, _ slab: Payload.Storage) -> Bool {
        do throws(LogError) {
            let batch = try writer.admitted(
                header: entry.append.header, body: entry.bodyByteCount, in: slab)
            if entry.transaction == nil, let pending = try writer.submitNow(batch, as: entry.append.claim) {
                follow(pending, entry)
                return true
            }
            Task { [self] in
                do throws(LogError) {
                    if let transaction = entry.transaction {
                        follow(try await transaction.submit(batch, to: writer.partition), entry)
                    } else {
                        follow(try await writer.submit(batch, as: entry.append.claim), entry)
                    }
                } catch {
                    refuse(entry, error)
                }
                finishHandingOver()
                handOver()
            }
            return false
        } catch {
            refuse(entry, error)
            return true
        }
    }

    private func follow(_ pending: PendingAppend, _ entry: Entry) {
        pending.whenSettled { [self] result in
            if case .failure(let error) = result { refuse(entry, error) } else { entry.answer(result) }
        }
    }

    private func refuse(_ entry: Entry, _ error: LogError) {
        state.withLock { $0.series = max($0.series, entry.append.series &+ 1) }
        entry.answer(.failure(error))
    }

    private var behindFailure: LogError {
        LogError(
            .storage, "a batch was not appended to \(writer.partition), because one before it was not",
            hint: "append it again behind the other", place: .init(partition: writer.partition))
    }
}
