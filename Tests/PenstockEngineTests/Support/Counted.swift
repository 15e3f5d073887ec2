import Synchronization

/// A number that several threads add to: of values that are alive, of elements that were sent.
final class Tally: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func add(_ number: Int) { count.add(number, ordering: .sequentiallyConsistent) }
}

/// A value that is not trivial: its life is counted.
final class Counted: Sendable {
    let number: Int
    private let lives: Tally

    init(_ number: Int, _ lives: Tally) {
        self.number = number
        self.lives = lives
        lives.add(1)
    }

    deinit { lives.add(-1) }
}
