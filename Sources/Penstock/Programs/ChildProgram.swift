internal import Foundation
internal import PenstockEvents

/// A program that runs: the leader of a process group, with its output in two pipes.
///
/// Two threads belong to it, so that nothing polls and nothing waits on threads of others: one waits for the leader's end, the other for output,
/// that end, the time limit and cancellation.
struct ChildProgram: Sendable {
    private let name: String
    private let process: pid_t
    private let output, errors: Int32
    private let bell: Bell
    private let timeLimit, grace: Duration
    private let outputBytesMax: Int

    /// Starts a program in its working folder.
    init(
        _ program: ExternalProgram, path: String, folder: WorkingFolder, standardInput: String?
    ) throws(ProgramError) {
        name = program.executable
        (timeLimit, grace, outputBytesMax) = (program.timeLimit, program.grace, program.outputBytesMax)
        var pipes: [Int32] = []
        func failed(_ number: Int32) -> ProgramError {
            for file in pipes { close(file) }
            return ProgramError(
                .notStarted, program: program.executable, "it cannot be started: \(String(cString: strerror(number)))")
        }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            let status = SpawnCall.pipe(&ends)
            guard status == 0 else { throw failed(status) }
            pipes += ends
        }
        // What is read here is never waited for; what the program writes to may fill up.
        for place in [0, 2, 4] { _ = fcntl(pipes[place], F_SETFL, O_NONBLOCK) }
        var environment = program.environment
        environment["TMPDIR"] = folder.path
        let input = standardInput.map { "\(folder.path)/\($0)" } ?? "/dev/null"
        let call = SpawnCall(
            path: path, arguments: [program.executable] + program.arguments, environment: environment,
            folder: folder.path, input: input, output: pipes[1], errors: pipes[3])
        var process: pid_t = 0
        let status = call.start(&process)
        guard status == 0 else { throw failed(status) }
        close(pipes[1])
        close(pipes[3])
        (self.process, output, errors) = (process, pipes[0], pipes[2])
        bell = Bell(reading: pipes[4], writing: pipes[5])
    }

    /// Waits for the end, and sees to it that nothing is left of the group.
    /// - Throws: `CancellationError` where the task was cancelled.
    func ended() async throws -> ProgramEnd {
        let end = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { [process, bell] in
                    // It stays a zombie, so that its number and that of its group are nobody else's.
                    var information = siginfo_t()
                    while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
                    bell.ring(.ended)
                }
                Thread.detachNewThread { continuation.resume(returning: watch()) }
            }
        } onCancel: {
            bell.ring(.cancelled)
        }
        if end.stop == .cancelled { throw CancellationError() }
        return end
    }

    /// Reads output until the leader has ended, and stops it where there is a reason to.
    private func watch() -> ProgramEnd {
        var texts = [[UInt8](), [UInt8]()]
        var isOpen = [true, true]
        var stop: ProgramEnd.Stop?
        var deadline = ContinuousClock.now + timeLimit
        var isAsked = false
        func end(_ reason: ProgramEnd.Stop) {
            guard stop == nil else { return }
            stop = reason
            deadline = .now + grace
            isAsked = true
            kill(-process, SIGTERM)
            // One that is stopped heeds nothing else.
            kill(-process, SIGCONT)
        }
        func read(_ place: Int) {
            let room = outputBytesMax - texts[place].count
            switch Self.read(place == 0 ? output : errors, into: &texts[place], atMost: room) {
            case .open: break
            case .closed: isOpen[place] = false
            case .overflow:
                // Nothing more is read: its next words wait in the pipe until it is gone.
                isOpen[place] = false
                end(.flood)
            }
        }
        watching: while true {
            var files = [pollfd(fd: bell.reading, events: Int16(POLLIN), revents: 0)]
            for (place, file) in [output, errors].enumerated() {
                // Less than zero is passed over.
                files.append(pollfd(fd: isOpen[place] ? file : -1, events: Int16(POLLIN), revents: 0))
            }
            let count = poll(&files, nfds_t(files.count), Self.milliseconds(until: deadline))
            if count < 0 { continue }
            for place in 0..<2 where files[place + 1].revents != 0 { read(place) }
            for message in files[0].revents != 0 ? bell.heard() : [] {
                if message == .ended { break watching }
                end(.cancelled)
            }
            guard ContinuousClock.now >= deadline else { continue }
            if isAsked {
                kill(-process, SIGKILL)
                deadline = .now + .seconds(3600)
            } else {
                end(.timeLimit)
            }
        }
        // Those of its group that it has left behind go with it. From `waitpid` on its number may be somebody else's.
        kill(-process, SIGKILL)
        for place in 0..<2 where isOpen[place] { read(place) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        for file in [output, errors] { close(file) }
        bell.close()
        return ProgramEnd(status: status, stop: stop, output: texts[0], errors: texts[1])
    }

    private enum Reading { case open, closed, overflow }

    /// Takes what is in a pipe.
    private static func read(_ file: Int32, into text: inout [UInt8], atMost room: Int) -> Reading {
        var room = room
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN ? .open : .closed }
            if count == 0 { return .closed }
            text.append(contentsOf: buffer.prefix(min(count, room)))
            if count > room { return .overflow }
            room -= count
        }
    }

    /// The time for `poll`, rounded up, so that it is over behind it.
    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let nanoseconds = (deadline - .now).nanoseconds
        return Int32(max(0, min(nanoseconds / 1_000_000 + 1, 3_600_000)))
    }
}

/// A pipe by which threads tell the one that watches a program what has happened.
final class Bell: Sendable {
    enum Message: UInt8 { case ended, cancelled }

    let reading: Int32
    private let writing: Guarded<Int32>

    init(reading: Int32, writing: Int32) { (self.reading, self.writing) = (reading, Guarded(writing)) }

    func ring(_ message: Message) {
        writing.withLock { file in
            var byte = message.rawValue
            // Two messages at most: there is room for them. Behind the end nobody listens.
            if file >= 0 { _ = write(file, &byte, 1) }
        }
    }

    /// What was rung since this was last asked.
    func heard() -> [Message] {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = Glibc.read(reading, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).compactMap(Message.init)
    }

    func close() {
        writing.withLock { file in
            Glibc.close(file)
            file = -1
        }
        Glibc.close(reading)
    }
}
