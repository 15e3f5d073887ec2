import Foundation
import PenstockEvents
import PenstockLog

/// A running `CoordinationPeer`, killed at the end of its life.
final class PeerProcess: Sendable {
    private let process: ChildProcess
    /// How many of its lines have been taken for answers.
    private let read = Guarded(0)

    /// Starts it, and returns when it can be asked.
    init(_ name: String, in world: CoordinationWorld, lease: Duration) async throws {
        process = try ChildProcess(
            "CoordinationPeer", [world.description, String(Int(lease / .milliseconds(1))), name], isAsked: true)
        guard try await line() == "ready" else { throw Unexpected("\(name) has not started") }
    }

    /// Asks something, and gives the words of the answer.
    func ask(_ command: String) async throws -> [String] {
        try process.tell(command)
        return try await line().split(separator: " ").map { String($0) }
    }

    /// The same, where the answer is of a lease: its epoch, and until when it holds.
    func ask(_ command: String, expecting word: String) async throws -> (epoch: UInt32, until: MonotonicInstant) {
        try Self.lease(try await ask(command), expecting: word)
    }

    /// The lease of which an answer tells.
    static func lease(_ words: [String], expecting word: String) throws -> (epoch: UInt32, until: MonotonicInstant) {
        guard words.count == 3, words[0] == word, let epoch = UInt32(words[1]), let until = Int64(words[2]) else {
            throw Unexpected("not \(word): \(words.joined(separator: " "))")
        }
        return (epoch, MonotonicInstant(nanoseconds: until))
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// Kills it and waits until it has ended.
    func end() { process.end() }

    private func line() async throws -> String {
        let number = read.withLock { read in
            defer { read += 1 }
            return read
        }
        try await process.line("", after: number)
        return process.lines[number]
    }
}
