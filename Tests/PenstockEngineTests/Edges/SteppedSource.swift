import Foundation
import PenstockEvents

@testable import PenstockEngine

/// Events of the numbers 1 to `count`, each at its number, before each of which something is done; the last call is before the end.
struct SteppedSource: Source {
    let count: Int
    let before: @Sendable (_ number: Int) -> Void

    let disorder = Disorder.ascending
    let summary = "steps"

    func open(_ partition: Int, context: SourceContext) -> any SourceReader<Sample> { Reader(source: self) }

    private struct Reader: SourceReader {
        let source: SteppedSource
        private var number = 0

        init(source: SteppedSource) { self.source = source }

        mutating func read(into batch: inout SourceBatch<Sample>) -> SourceProgress {
            while !batch.isFull {
                number += 1
                source.before(number)
                guard number <= source.count else { return .end }
                batch.append(
                    Sample(key: Int64(number % 5), number: Int64(number)), time: Timestamp(nanoseconds: Int64(number)))
            }
            return .more
        }
    }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }

    /// Waits until it is open, which it stays.
    func pass() {
        semaphore.wait()
        semaphore.signal()
    }
}
