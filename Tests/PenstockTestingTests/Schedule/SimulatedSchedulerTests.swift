import PenstockEvents
import PenstockLog
import PenstockTesting
import Testing

@Suite("Simulated scheduler")
struct SimulatedSchedulerTests {
    /// Eight pieces of work on each of three threads, as they ran.
    private func order(seed: UInt64) async -> [String] {
        let scheduler = SimulatedScheduler(seed: seed)
        let order = Order()
        await scheduler.run {
            for number in 0..<8 {
                for thread in ["a", "b", "c"] {
                    scheduler.schedule(on: thread) { order.add("\(thread)\(number)") }
                }
            }
        }
        return order.all
    }

    @Test("work of one thread keeps its order, and all of it runs", arguments: 1...20 as ClosedRange<UInt64>)
    func keepsOrder(seed: UInt64) async {
        let order = await order(seed: seed)
        for thread in ["a", "b", "c"] {
            #expect(order.filter { $0.hasPrefix(thread) } == (0..<8).map { "\(thread)\($0)" }, "seed \(seed)")
        }
    }

    @Test("a seed decides the order between threads")
    func repeats() async {
        var orders: Set<[String]> = []
        for seed in 1...10 as ClosedRange<UInt64> {
            let order = await order(seed: seed)
            let again = await self.order(seed: seed)
            #expect(order == again, "seed \(seed)")
            orders.insert(order)
        }
        #expect(orders.count > 1)
    }

    @Test("a process that stands still goes on in the middle of its work, behind what others do meanwhile")
    func standsStill() async {
        let scheduler = SimulatedScheduler(seed: 1)
        let order = Order()
        let (sleeper, other) = (scheduler.clock(of: "sleeper"), scheduler.clock(of: "other"))
        let at = { @Sendable (seconds: Int) in MonotonicInstant(nanoseconds: Int64(seconds) * 1_000_000_000) }
        sleeper.call(at: at(1)) {
            order.add("asleep at \(sleeper.now().nanoseconds)")
            scheduler.standStill(for: .seconds(5))
            order.add("awake at \(sleeper.now().nanoseconds)")
        }
        sleeper.call(at: at(2)) { order.add("the sleeper's next work") }
        other.call(at: at(3)) { order.add("the other's work") }
        await scheduler.run { try? await scheduler.clock().sleep(until: at(10)) }
        #expect(
            order.all == [
                "asleep at 1000000000", "the other's work", "awake at 6000000000", "the sleeper's next work",
            ])
    }

    @Test("a body that waits for something that never comes is stuck, not hanging")
    func stuck() async {
        let scheduler = SimulatedScheduler(seed: 1)
        let never = Order()
        let result: Int? = await scheduler.run(patience: .milliseconds(1)) {
            await never.wait()
            return 1
        }
        #expect(result == nil)
        never.release()
    }
}

/// What ran, in order, and a place to wait at.
private final class Order: Sendable {
    private let names = Guarded<[String]>([])
    private let waiting = Guarded<CheckedContinuation<Void, Never>?>(nil)

    var all: [String] { names.withLock { $0 } }

    func add(_ name: String) { names.withLock { $0.append(name) } }

    func wait() async {
        await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
    }

    func release() { waiting.withLock { $0.take() }?.resume() }
}
