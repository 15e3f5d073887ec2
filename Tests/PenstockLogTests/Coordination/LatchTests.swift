import Testing

@testable import PenstockLog

@Suite("A value that comes once")
struct LatchTests {
    private let latch = Latch<[Int]>()

    @Test("who waits before it comes and who asks later get the first value, and only that")
    func first() async {
        let early = (0..<3).map { _ in Task { [latch] in await latch.wait() } }
        await Task.yield()
        #expect(latch.value == nil)
        #expect(latch.set([1]))
        #expect(!latch.set([2]))
        for waiter in early { #expect(await waiter.value == [1]) }
        #expect(await latch.wait() == [1])
        #expect(await latch.waitEvenIfCancelled() == [1])
    }

    @Test("a cancelled task has no value, whether it waits already or not, and others wait on")
    func cancelled() async {
        let (stays, leaves) = (Task { [latch] in await latch.wait() }, Task { [latch] in await latch.wait() })
        leaves.cancel()
        #expect(await leaves.value == nil)
        latch.set([1])
        #expect(await stays.value == [1])
    }

    @Test("who waits even if cancelled gets the value all the same")
    func uncancelled() async {
        let waiter = Task { [latch] in await latch.waitEvenIfCancelled() }
        waiter.cancel()
        await Task.yield()
        latch.set([1])
        #expect(await waiter.value == [1])
    }

    @Test("a value that comes from another thread while a task begins to wait arrives as it was set")
    func race() async {
        for number in 0..<200 {
            let latch = Latch<[Int]>()
            let setter = Task { latch.set([number, number + 1]) }
            #expect(await latch.waitEvenIfCancelled() == [number, number + 1])
            #expect(await setter.value)
        }
    }
}
