import Penstock
import PenstockEngine
import PenstockTesting

/// An event of the tests here: a key and a number.
struct Beat: Sendable, Codable, Hashable {
    var key = 1
    var number = 0
}

/// Beats with their key, window and pane, as `Collect()` gives them.
typealias Beats = KeyedResult<Int, [Beat]>

extension FlowTest {
    /// Plays a script as stream-semantics.md, section 15, writes it: `e5` is an event at 5 ns, `e5k2` one of key 2, `w9` a time mark. An
    /// event's number is its time.
    func play(_ script: String, to source: ScriptedSource<Beat>, partition: Int = 0) async throws {
        for word in script.split(separator: " ") {
            let numbers = word.dropFirst().split(separator: "k").compactMap { Int($0) }
            let time = Duration.nanoseconds(numbers[0])
            if word.hasPrefix("w") {
                try await mark(time, in: source, partition: partition)
            } else {
                let beat = Beat(key: numbers.count > 1 ? numbers[1] : 1, number: numbers[0])
                try await send(beat, at: time, to: source, partition: partition)
            }
        }
    }

    /// Ends the script, and runs it in some other ways and behind crashes.
    func endAndProve() async throws {
        try await end()
        var proof = FlowProof()
        proof.batches = [1, 4096]
        proof.parallelism = [1, 3]
        proof.interleavings = 1
        try await prove(proof)
    }
}

extension ObservedRow<Beats> {
    /// The row as the scripted cases write it: `[0,10) {3,5}`.
    var brief: String {
        "[\(window.start.nanoseconds),\(window.end.nanoseconds)) {\(value.value.map { "\($0.number)" }.joined(separator: ","))}"
    }
}

/// A pane as text: its number, when it came, and whether others can follow or events are missing.
extension Pane {
    var brief: String { "\(index) \(timing)\(isFinal ? "" : ", not final")\(isComplete ? "" : ", incomplete")" }
}
