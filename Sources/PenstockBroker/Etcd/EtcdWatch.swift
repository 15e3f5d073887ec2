internal import NIOCore
internal import PenstockLog

/// Tells that keys may have changed: at the beginning, by etcd's word, and now and then in case that its word is lost.
struct EtcdWatch: Sendable {
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)

    private let client: EtcdClient
    private let prefix: String
    private let clock: any MonotonicClock
    private let timing: LeaseTiming
    private let timeout: Duration

    init(
        _ client: EtcdClient, prefix: String, clock: any MonotonicClock, timing: LeaseTiming, timeout: Duration
    ) {
        self.client = client
        self.prefix = prefix
        self.clock = clock
        self.timing = timing
        self.timeout = timeout
    }

    /// Calls `changed` again and again, never twice at the same time, until it returns false or the task is cancelled.
    ///
    /// What changes while it runs makes one further call. It fetches what there is after the watch was made; so nothing is missed.
    func run(_ changed: @Sendable () async -> Bool) async {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follow(continuation) }
            group.addTask {
                // A connection may be dead without a word.
                while !Task.isCancelled {
                    continuation.yield()
                    do { try await clock.sleep(until: clock.now() + timing.lease) } catch { return }
                }
            }
            for await _ in signals {
                guard await changed(), !Task.isCancelled else { break }
            }
            group.cancelAll()
        }
    }

    /// Keeps a watch open. Every piece of its answer is a reason to look: that it was created, or what has changed.
    private func follow(_ signals: AsyncStream<Void>.Continuation) async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            let before = clock.now()
            do throws(CoordinatorError) {
                try await client.follow(.watch(under: prefix), connectingWithin: timeout) { _ in signals.yield() }
            } catch {
                if error.code == .closed { return signals.finish() }
            }
            // One that has stood for a while is not the beginning of a row of failures.
            if clock.now() - before > Self.longestPause { pause = Self.firstPause }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }
}
