import Foundation
import PenstockEvents

@testable import PenstockEngine

/// The event of most tests.
struct Sample: Sendable, Equatable {
    var key: Int64 = 0
    var number: Int64 = 0
    var float: Double = 0

    /// A key that is longer than 64 bits.
    var name: String { "sensor-number-\(key)" }
}

/// What a partition of a scripted source holds.
enum Step: Sendable, Equatable {
    case event(Int64, Sample)
    case mark(Int64)
    case control(ControlRecord)

    /// An event of key 0 whose number is its time.
    static func e(_ time: Int64, key: Int64 = 0) -> Step {
        .event(time, Sample(key: key, number: time, float: Double(time)))
    }

    /// A time mark.
    static func w(_ time: Int64) -> Step { .mark(time) }
}

/// A source that reads partitions of steps.
struct ScriptedSource: Source {
    typealias Output = Sample
    let partitions: [[Step]]
    var disorder: Disorder = .ascending
    /// What `open` throws, where it throws.
    var failure: Failure?
    /// Where the reader says that it has more, without an end, once all steps have been read.
    var isEndless = false
    /// How long the reader stays behind each event, so that a run is long enough for checkpoints.
    var pauseMicroseconds: UInt32 = 0
    var partitionCount: Int { partitions.count }
    var summary: String { "script" }

    func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<Sample> {
        if let failure { throw failure }
        return Reader(steps: partitions[partition][...], isEndless: isEndless, pause: pauseMicroseconds)
    }

    private struct Reader: SourceReader {
        var steps: ArraySlice<Step>
        let isEndless: Bool
        let pause: UInt32

        mutating func read(into batch: inout SourceBatch<Sample>) throws -> SourceProgress {
            defer { if pause > 0 { usleep(pause * UInt32(batch.count)) } }
            while !batch.isFull {
                switch steps.popFirst() {
                case .event(let time, let sample): batch.append(sample, time: Timestamp(nanoseconds: time))
                case .mark(let time): return .control(.timeMark(Timestamp(nanoseconds: time)))
                case .control(let record): return .control(record)
                case nil: return isEndless ? .more : .end
                }
            }
            return .more
        }
    }
}

/// An error of the author's code.
struct Failure: Error, CustomStringConvertible, Equatable {
    var text = "the author's error"
    var description: String { text }
}
