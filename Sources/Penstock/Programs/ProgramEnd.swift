internal import Glibc

/// How a program has ended, and what it has printed.
struct ProgramEnd: Sendable {
    /// Why it was stopped.
    enum Stop: Sendable { case timeLimit, flood, cancelled }

    /// As `waitpid` gives it.
    let status: Int32
    let stop: Stop?
    let output: [UInt8]
    let errors: [UInt8]

    /// Nothing where it has ended by itself with status 0.
    func check(_ program: ExternalProgram) throws(ProgramError) {
        func last(_ bytes: [UInt8]) -> String {
            String(decoding: bytes.suffix(ProgramError.lastWordsMax), as: UTF8.self)
        }
        func error(_ code: ProgramError.Code, _ reason: String, exitStatus: Int32? = nil) -> ProgramError {
            ProgramError(
                code, program: program.executable, reason, exitStatus: exitStatus, lastOutput: last(output),
                lastErrors: last(errors))
        }
        switch stop {
        case .timeLimit: throw error(.timedOut, "it was stopped after \(program.timeLimit), its time limit")
        case .flood:
            // The end of a flood says nothing.
            throw ProgramError(
                .outputTooLong, program: program.executable,
                "it was stopped because it printed more than \(program.outputBytesMax) bytes")
        case .cancelled, nil: break
        }
        let signal = status & 0x7F
        if signal != 0 {
            throw error(.crashed, "it was ended by \(Self.name(of: signal)): \(String(cString: strsignal(signal)))")
        }
        let exitStatus = status >> 8 & 0xFF
        if exitStatus != 0 { throw error(.failed, "it failed with status \(exitStatus)", exitStatus: exitStatus) }
    }

    /// The name of a signal.
    private static func name(of signal: Int32) -> String {
        let names: [(Int32, String)] = [
            (SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGQUIT, "SIGQUIT"), (SIGILL, "SIGILL"), (SIGTRAP, "SIGTRAP"),
            (SIGABRT, "SIGABRT"), (SIGBUS, "SIGBUS"), (SIGFPE, "SIGFPE"), (SIGKILL, "SIGKILL"), (SIGUSR1, "SIGUSR1"),
            (SIGSEGV, "SIGSEGV"), (SIGUSR2, "SIGUSR2"), (SIGPIPE, "SIGPIPE"), (SIGALRM, "SIGALRM"),
            (SIGTERM, "SIGTERM"), (SIGXCPU, "SIGXCPU"), (SIGXFSZ, "SIGXFSZ"), (SIGSYS, "SIGSYS"),
        ]
        return names.first { $0.0 == signal }?.1 ?? "signal \(signal)"
    }
}
