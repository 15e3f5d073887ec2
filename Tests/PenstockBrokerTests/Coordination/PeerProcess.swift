import Foundation
import PenstockEvents
import PenstockLog

/// A running program of those that lie beside the tests, killed at the end of its life.
final class PeerProcess: Sendable {
    private let process: Guarded<Process>
    private let identifier: Int32
    private let input: FileHandle
    private let lines: Lines

    /// What it has said and nobody has read yet.
    private actor Lines {
        private var iterator: AsyncStream<String>.Iterator
        init(_ stream: AsyncStream<String>) { iterator = stream.makeAsyncIterator() }
        func next() async -> String? {
            var iterator = iterator
            defer { self.iterator = iterator }
            return await iterator.next(isolation: self)
        }
    }

    /// Starts a `CoordinationPeer`, and returns when it can be asked.
    convenience init(_ name: String, in world: CoordinationWorld, lease: Duration) async throws {
        try await self.init(
            "CoordinationPeer", [world.description, String(Int(lease / .milliseconds(1))), name])
    }

    /// Starts a program, and returns when it has said that it is ready.
    init(_ program: String, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = Self.place(of: program)
        process.arguments = arguments
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        input = standardInput.fileHandleForWriting
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        lines = Lines(stream)
        try process.run()
        identifier = process.processIdentifier
        self.process = Guarded(process)
        let output = standardOutput.fileHandleForReading
        Thread {
            var rest = Data()
            while true {
                let more = output.availableData
                if more.isEmpty { break }
                rest += more
                while let end = rest.firstIndex(of: 10) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            continuation.finish()
        }.start()
        guard try await line() == "ready" else { throw Unexpected("\(program) has not started") }
    }

    deinit { end() }

    /// Asks something, and gives the words of the answer.
    func ask(_ command: String) async throws -> [String] {
        try input.write(contentsOf: Data((command + "\n").utf8))
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

    func signal(_ number: Int32) { Foundation.kill(identifier, number) }

    /// Kills it and waits until it has ended.
    func end() {
        process.withLock { process in
            guard process.isRunning else { return }
            Foundation.kill(identifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// The next line that it says.
    func line() async throws -> String {
        try await patiently { [lines] in
            guard let line = await lines.next() else { throw Unexpected("the peer has ended") }
            return line
        }
    }

    /// Programs lie beside the tests.
    private static func place(of program: String) -> URL {
        var folder = Bundle.main.executableURL!.deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent(program).path),
            folder.path != "/"
        {
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent(program)
    }
}
