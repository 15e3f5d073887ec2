import Foundation
import PenstockEvents
import PenstockLog
import TestSupport

/// A program of those that lie beside the tests which answers what it is asked, killed at the end of its life.
final class PeerProcess: Sendable {
    private let process: ChildProcess
    /// How many of its lines have been taken for answers.
    private let read = Guarded(0)

    /// Starts a `CoordinationPeer`, and returns when it can be asked.
    convenience init(_ name: String, in world: CoordinationWorld, lease: Duration) async throws {
        try await self.init(
            "CoordinationPeer", [world.description, String(Int(lease / .milliseconds(1))), name])
    }

    /// Starts a program, and returns when it has said that it is ready.
    init(_ program: String, _ arguments: [String]) async throws {
        process = try ChildProcess(program, arguments, isAsked: true)
        guard try await line() == "ready" else { throw Unexpected("\(program) has not started") }
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

    /// The next line that it says.
    func line() async throws -> String {
        let number = read.withLock { read in
            defer { read += 1 }
            return read
        }
        try await process.line("", after: number)
        return process.lines[number]
    }
}
