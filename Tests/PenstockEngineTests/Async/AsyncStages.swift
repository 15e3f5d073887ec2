import PenstockEvents

@testable import PenstockEngine

extension StageDescription {
    /// Requests as the language describes them.
    static func asking<In: Sendable, Out: Sendable>(
        _ requests: AsyncRequests = AsyncRequests(),
        _ function: @escaping @concurrent @Sendable (In) async throws -> Out?
    ) -> StageDescription {
        var stage = StageDescription(.operation(AnyOperator(requests, function)), label: "MapAsync")
        stage.isWaking = true
        return stage
    }
}

/// Something outside of the pipeline that is asked, and counts how often and by how many at a time.
final class Outside: Sendable {
    private struct State {
        var running = 0
        var most = 0
        var asked: [Int64: Int] = [:]
    }

    private let state = Guarded(State())

    /// The largest number of requests at a time.
    var most: Int { state.withLock { $0.most } }
    /// The requests that have not ended.
    var running: Int { state.withLock { $0.running } }
    /// How often each number was asked for.
    var asked: [Int64: Int] { state.withLock { $0.asked } }

    /// Answers with ten times the number of a sample, after giving others their turn as often as the seed says.
    func answer(_ sample: Sample, seed: UInt64) async -> Sample {
        state.withLock { state in
            state.running += 1
            state.most = max(state.most, state.running)
            state.asked[sample.number, default: 0] += 1
        }
        defer { state.withLock { $0.running -= 1 } }
        let turns = SplitMix64.mix(seed &+ UInt64(bitPattern: sample.number)) % 40
        for _ in 0..<turns { await Task.yield() }
        return Self.answer(sample)
    }

    /// Does not answer; ends when its task is cancelled.
    func silence() async throws {
        state.withLock { $0.running += 1 }
        defer { state.withLock { $0.running -= 1 } }
        try await Task.sleep(for: .seconds(1_000_000))
    }

    static func answer(_ sample: Sample) -> Sample {
        Sample(key: sample.key, number: sample.number * 10, float: sample.float)
    }
}

/// Drives a processor with requests as a stage does.
struct AsyncDriver<In: Sendable, Out: Sendable> {
    private var processor: AsyncProcessor<In, Out>
    private let inbox = Inbox(inputs: [0])
    let clock = VirtualClock()
    private(set) var output: [StreamElement] = []

    init(_ requests: AsyncRequests, _ function: @escaping @concurrent @Sendable (In) async throws -> Out?) {
        processor = AsyncProcessor(testStage, requests, function)
        processor.begin(with: Waker(inbox, clock))
    }

    var takesMore: Bool { processor.takesMore }
    var wakeInstant: Int64? { processor.wakeInstant }

    /// Gives the processor an element, waiting until it takes one.
    mutating func put(_ element: StreamElement) async throws {
        try await wait { $0.takesMore }
        processor.accept(element)
        try collect()
    }

    /// Waits until the processor has given everything out.
    mutating func finish() async throws {
        try await put(.end)
        try await wait { $0.takesMore }
    }

    /// Waits until something has been woken for.
    mutating func wake() async throws {
        _ = try await inbox.receiveUnlessWoken(except: [])
        try wakeNow()
    }

    /// Wakes the processor as the clock does.
    mutating func wakeNow() throws {
        processor.wake(at: clock.nanoseconds)
        try collect()
    }

    func close() async { await processor.close() }

    private mutating func wait(until isReady: (AsyncProcessor<In, Out>) -> Bool) async throws {
        while !isReady(processor) { try await wake() }
    }

    private mutating func collect() throws {
        while let element = try processor.next() { output.append(element) }
    }
}
