internal import Dispatch
internal import Penstock
internal import PenstockEvents
internal import PenstockLog

/// Where the steerings of a running scan are looked up, and where they are recorded.
public struct SteeringTopics: Sendable, Hashable {
    /// The topics to which steerings are appended: by other processes, and by stages of the run itself.
    public let inputs: [String]
    /// The topic in which the frames of the scan are recorded, and the steerings among them.
    public let recording: String

    /// Steerings from the topics `inputs` for scans that are recorded in the topic `recording`.
    public init(_ inputs: [String], recording: String) {
        self.inputs = inputs
        self.recording = recording
    }
}

/// The steerings that have come and that the source of a scan has not taken yet.
///
/// A topic is followed from its end at the beginning of the scan: what was meant for an earlier one does not count. A run that goes on from a
/// checkpoint finds those that it had taken at their places in the recording.
final class SteeringInbox: Sendable {
    /// The steerings that the recording has already, by the number of the frame that they are.
    private let recorded: [UInt64: Steering]
    /// Behind the last of them.
    private let recordedEnd: UInt64
    private let arrived = Guarded<[Steering]>([])
    private let followers: [Task<Void, Never>]

    /// Begins to follow the topics, which are made where they are not there. Blocks until it does.
    /// - Throws: `LogError`.
    init(_ topics: SteeringTopics, of scan: ScanID, in log: any LogStore) throws {
        let (recorded, readers) = try waiting { () async throws(LogError) in
            var readers: [any TopicReader] = []
            for topic in topics.inputs {
                _ = try await log.openTopic(
                    topic, schema: Steering.schema, creatingWith: TopicConfiguration())
                readers.append(try await log.reader(for: TopicPartition(topic), from: .end))
            }
            return (try await log.steerings(in: topics.recording, of: scan), readers)
        }
        self.recorded = recorded
        recordedEnd = (recorded.keys.max() ?? 0) + (recorded.isEmpty ? 0 : 1)
        let arrived = arrived
        followers = readers.map { reader in
            Task.detached {
                // A topic that cannot be read any more steers nothing; the scan goes on.
                while let entry = try? await reader.following() {
                    guard case .records(let records) = entry else { continue }
                    for index in 0..<records.count {
                        guard let steering = try? records.event(Steering.self, at: index) else { continue }
                        arrived.withLock { $0.append(steering) }
                    }
                }
                await reader.close()
            }
        }
    }

    deinit { for follower in followers { follower.cancel() } }

    /// The steering that is to be the frame `number`: the one that the recording has there, or behind the recording the next that has come.
    func next(at number: UInt64) -> Steering? {
        if number < recordedEnd { return recorded[number] }
        return arrived.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// How many of `count` frames of the detector, from the number `first` on, come before the next steering that the recording has.
    func frames(upTo count: Int, from first: UInt64) -> Int {
        guard first < recordedEnd else { return count }
        return (0..<count).first { recorded[first + UInt64($0)] != nil } ?? count
    }
}

extension LogStore {
    /// The steerings among the frames of a scan, by the number of the frame that they are.
    fileprivate func steerings(in topic: String, of scan: ScanID) async throws(LogError) -> [UInt64: Steering] {
        guard try await topics().contains(topic),
            let start = try await scans(in: topic).last(where: { $0.scan == scan })
        else { return [:] }
        var found: [UInt64: Steering] = [:]
        let reader = try await reader(for: TopicPartition(topic), from: .offset(start.startOffset))
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count {
                guard let frame = try? records.event(Frame.self, at: index), frame.scan == scan,
                    let steering = frame.steering
                else { continue }
                found[UInt64(bitPattern: records.time(at: index).nanoseconds)] = steering
            }
        }
        await reader.close()
        return found
    }
}

/// What an asynchronous function gives, for a thread that may wait.
private func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws(LogError) -> Value) throws -> Value {
    let result = Guarded<Result<Value, LogError>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    Task.detached {
        let value: Result<Value, LogError>
        do throws(LogError) { value = .success(try await body()) } catch { value = .failure(error) }
        result.withLock { $0 = value }
        isDone.signal()
    }
    isDone.wait()
    guard let value = result.withLock({ $0 }) else { preconditionFailure("the function has not ended") }
    return try value.get()
}
