import PenstockEvents
import Testing

@testable import PenstockEngine

private func element(_ number: Int) -> StreamElement { .barrier(UInt64(number)) }

extension StreamElement {
    fileprivate var number: Int? {
        if case .barrier(let number) = self { Int(number) } else { nil }
    }
}

@Suite("Inbox and commit board")
struct InboxTests {
    @Test("nothing is lost, reordered or stuck with several fast senders", arguments: [1, 2, 5])
    func stress(senders: Int) async throws {
        let count = 3000
        let inbox = Inbox(inputs: Array(repeating: 0, count: senders))
        let received = try await withThrowingTaskGroup(of: [[Int]].self) { group in
            for sender in 0..<senders {
                group.addTask {
                    for number in 0..<count { try await inbox.send(element(number), from: sender) }
                    return []
                }
            }
            group.addTask {
                var received = Array(repeating: [Int](), count: senders)
                for _ in 0..<count * senders {
                    let (sender, element) = try await inbox.receive()
                    received[sender].append(element.number ?? -1)
                }
                return received
            }
            return try await group.reduce([], +)
        }
        #expect(received == Array(repeating: Array(0..<count), count: senders))
    }

    @Test("backpressure: a sender is ahead of the receiver by its credit at most")
    func backpressure() async throws {
        let inbox = Inbox(inputs: Array(repeating: 0, count: 2))
        let sent = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<500 {
                    try await inbox.send(element(number), from: 0)
                    sent.add(1)
                }
            }
            for number in 0..<500 {
                // The other sender's credit is its own.
                if number < Lane.capacity { try await inbox.send(element(number), from: 1) }
                var taken = try await inbox.receive()
                while taken.sender == 1 { taken = try await inbox.receive() }
                #expect(taken.element.number == number)
                #expect(sent.value <= number + 1 + Lane.capacity)
            }
            try await group.waitForAll()
        }
        #expect(sent.value == 500)
    }

    @Test("cancelling ends the waiting of senders and of the receiver, now and later")
    func cancellation() async throws {
        for round in 0..<50 {
            let (full, empty) = (
                Inbox(inputs: Array(repeating: 0, count: 1)), Inbox(inputs: Array(repeating: 0, count: 1))
            )
            for number in 0..<Lane.capacity { try await full.send(element(number), from: 0) }
            let sending = Task { try await full.send(element(9), from: 0) }
            let receiving = Task { _ = try await empty.receive() }
            if round % 2 == 0 { await Task.yield() }
            full.cancel()
            empty.cancel()
            for task in [sending, receiving] {
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            await #expect(throws: CancellationError.self) { try await full.send(element(9), from: 0) }
            await #expect(throws: CancellationError.self) { _ = try await full.receive() }
        }
    }

    @Test("a reader of a board sees every commit, and the end")
    func board() async throws {
        let board = CommitBoard(start: 10)
        let reading = Task {
            var position: UInt64 = 10
            while try await board.waitForMore(after: position) == .more { position += 1 }
            return position
        }
        for offset in UInt64(11)...2000 { board.commit(offset) }
        board.commit(5)
        board.finish()
        #expect(try await reading.value == 2000)
        #expect(try await board.waitForMore(after: 1999) == .more)
        #expect(try await board.waitForMore(after: 2000) == .finished)
    }

    @Test("cancelling a board ends the waiting")
    func boardCancellation() async throws {
        for _ in 0..<50 {
            let board = CommitBoard(start: 0)
            let reading = Task { try await board.waitForMore(after: 0) }
            board.cancel()
            await #expect(throws: CancellationError.self) { _ = try await reading.value }
        }
    }
}
