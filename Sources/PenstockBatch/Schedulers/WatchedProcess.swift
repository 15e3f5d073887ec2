internal import Foundation
internal import Subprocess

/// A program that may run for days, watched by the task that runs it.
struct WatchedProcess {
    let words: [String]
    /// Variables that are added to the environment, or taken from it where nil.
    var environment: [String: String?] = [:]
    /// What its output is added to.
    let output: String
    /// The folder that it begins in; nil for that of this process.
    var directory: String?
    /// Whether it leads a session and a process group of its own.
    var leadsSession = false

    private static let lookInterval = Duration.milliseconds(50)

    /// How it ended.
    enum End: Sendable, Hashable {
        case exit(Int)
        case signal(Int)
    }

    /// Runs it to its end.
    /// - Parameters:
    ///   - begun: Takes its number. Until this function returns that is no other process's.
    ///   - look: Called again and again as long as it runs.
    /// - Throws: `BatchError` where it cannot be started.
    func run(
        begun: @escaping (pid_t) async -> Void, look: @escaping (pid_t) async -> Void
    ) async throws(BatchError) -> End {
        var options = PlatformOptions()
        options.createSession = leadsSession
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        // `exec`, so that the shell of the redirection is not one more process that signals go to.
        let line = "exec >> \"$1\" 2>&1 < /dev/null; cd \"$2\" && shift 2 && exec \"$@\""
        let shell = ["-c", line, "sh", output, directory ?? "."]
        do {
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: Arguments(shell + words),
                environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)), platformOptions: options,
                input: .none, output: .discarded, error: .discarded
            ) { execution in
                let process = execution.processIdentifier.value
                await begun(process)
                while Self.isRunning(process) {
                    await look(process)
                    try await Task.sleep(for: Self.lookInterval)
                }
                // What it has left behind of its group goes with it.
                if leadsSession { kill(-process, SIGKILL) }
            }
            return switch result.terminationStatus {
            case .exited(let code): .exit(Int(code))
            case .signaled(let number): .signal(Int(number))
            }
        } catch {
            throw BatchError(.noScheduler, "\(words[0]) cannot be started: \(error)")
        }
    }

    /// Whether a child has not ended; one that has stays a zombie until it is waited for.
    private static func isRunning(_ process: pid_t) -> Bool {
        var information = siginfo_t()
        let status = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return status == 0 && information.si_signo == 0
    }
}
