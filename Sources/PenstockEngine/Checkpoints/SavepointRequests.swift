public import PenstockEvents
public import PenstockLog

/// Takes the savepoints that other processes ask a run for.
final class SavepointRequests: Sendable {
    private let coordinator: CheckpointCoordinator
    private let log: any LogStore
    private let topic: ControlTopic
    private let writer: any TopicWriter
    private let reader: any TopicReader
    private let following = Guarded<Task<Void, Never>?>(nil)

    /// Nil where nobody may ask.
    init?(_ options: CheckpointOptions?, _ log: (any LogStore)?, _ coordinator: CheckpointCoordinator?) async throws {
        guard let options, options.takesRequests, let log, let coordinator else { return nil }
        self.coordinator = coordinator
        self.log = log
        topic = try await ControlTopic(of: options.name, log)
        // Requests that came before the run are for nobody.
        reader = try await log.reader(for: topic.requests, from: .end)
        writer = try await Self.writer(for: topic.answers, log)
    }

    /// Whoever wonders whether there is a run owns the partition for a moment.
    private static func writer(for partition: TopicPartition, _ log: any LogStore) async throws -> any TopicWriter {
        for attempt in 1... {
            do {
                return try await log.writer(for: partition)
            } catch {
                guard error.code == .partitionOwned, attempt < 50 else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// Begins to listen.
    func follow() {
        let task = Task { [self] in
            while !Task.isCancelled, let entry = try? await reader.following() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count {
                    guard let message = try? batch.event(ControlMessage.self, at: index), message.kind == .savepoint
                    else { continue }
                    await coordinator.want(
                        .init(name: message.text) { result in
                            Task { await self.answer(message.request, result) }
                        })
                }
            }
        }
        following.withLock { $0 = task }
    }

    /// Listens no more.
    func end() async {
        let task = following.withLock { $0 }
        task?.cancel()
        await task?.value
        await reader.close()
        try? await writer.close()
    }

    private func answer(_ request: UInt64, _ result: Result<UInt64, any Error>) async {
        var message: ControlMessage
        switch result {
        case .success(let epoch):
            message = ControlMessage(request, .done)
            message.number = epoch
        case .failure(let error):
            message = ControlMessage(request, .failed)
            message.text = (error as? any Diagnostic)?.summary ?? "the run has ended before"
        }
        _ = try? await writer.append(own: [message])
    }
}

extension LogStore {
    /// Asks the run that keeps checkpoints under a name, in whichever process, for a savepoint, and waits until it is kept.
    /// - Returns: The number of the checkpoint.
    /// - Throws: `SavepointRefused` where there is no such run, or it could not; `LogError` of the storage.
    public func requestSavepoint(
        _ savepoint: String, of name: String, waitingAtMost timeout: Duration = .seconds(600)
    ) async throws -> UInt64 {
        try SavepointName.check(savepoint)
        if try await hasSavepoint(savepoint, of: name) { throw EngineError.savepointExists(savepoint, of: name) }
        guard try await isRunning(name) else { throw SavepointRefused.nobody(name) }
        let topic = try await ControlTopic(of: name, self)
        let reader = try await reader(for: topic.answers, from: .end)
        var generator = SystemRandomNumberGenerator()
        var message = ControlMessage(generator.next(), .savepoint)
        message.text = savepoint
        try await send(message, topic)
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline {
            while let entry = try await reader.next() {
                guard case .records(let batch) = entry else { continue }
                for index in 0..<batch.count {
                    let answer = try batch.event(ControlMessage.self, at: index)
                    guard answer.request == message.request else { continue }
                    await reader.close()
                    guard answer.kind == .done else { throw SavepointRefused.run(name, answer.text) }
                    return answer.number
                }
            }
            // The run may end without an answer.
            guard try await isRunning(name) else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        await reader.close()
        if try await hasSavepoint(savepoint, of: name) { return try await self.savepoint(savepoint, of: name).epoch }
        throw SavepointRefused.run(name, "it has given no answer")
    }

    /// Whether a run listens.
    private func isRunning(_ name: String) async throws -> Bool {
        guard try await topics().contains("control.\(name)") else { return false }
        do {
            // Who becomes the owner finds nobody there.
            try await writer(for: TopicPartition("control.\(name)", 1)).close()
            return false
        } catch {
            guard error.code == .partitionOwned else { throw error }
            return true
        }
    }

    /// Others may be asking this moment.
    private func send(_ message: ControlMessage, _ topic: ControlTopic) async throws {
        for attempt in 1... {
            do {
                let writer = try await writer(for: topic.requests)
                try await writer.append(own: [message])
                return try await writer.close()
            } catch {
                guard error.code == .partitionOwned, attempt < 100 else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// A savepoint that was asked for was not kept.
public struct SavepointRefused: Diagnostic, Hashable {
    /// Why.
    public let summary: String
    /// What to do about it.
    public let hint: String?
    /// `temporary` (75).
    public let category: FailureCategory

    fileprivate static func nobody(_ name: String) -> SavepointRefused {
        SavepointRefused(
            summary: "no run keeps checkpoints under the name \(name) now",
            hint: "a run that can be asked has --checkpoint-every; another name is given with --checkpoint-name",
            category: .temporary)
    }

    fileprivate static func run(_ name: String, _ reason: String) -> SavepointRefused {
        SavepointRefused(
            summary: "the run \(name) has kept no savepoint: \(reason)", hint: nil, category: .temporary)
    }
}
