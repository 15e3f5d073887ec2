internal import Glibc
internal import PenstockEvents
internal import Subprocess

/// A program of the system, such as `sbatch`, that answers within seconds.
struct SystemCommand {
    /// What it left.
    struct Answer: Sendable {
        let status: Int
        let output: String
        let errors: String

        /// The last line that it says of a failure.
        var complaint: String {
            let text = errors.isEmpty ? output : errors
            // What went wrong first comes first, what it meant comes last.
            return text.split(separator: "\n").last.map { String($0.trimmingPrefix { $0 == " " }) } ?? "it says nothing"
        }
    }

    /// The most that is read of what a program prints.
    private static let outputBytesMax = 64 << 20
    /// How long one may take: a controller that restarts answers late.
    static let timeLimit = Duration.seconds(60)

    let words: [String]
    /// Variables that are added to the environment.
    var environment: [String: String] = [:]

    init(_ words: [String], environment: [String: String] = [:]) {
        (self.words, self.environment) = (words, environment)
    }

    /// Runs it to its end.
    /// - Throws: `BatchError` where it is not there, prints without end, or takes longer than the time limit.
    func run() async throws(BatchError) -> Answer {
        let name = words[0]
        let variables = environment.sorted { $0.key < $1.key }.map {
            (Environment.Key(stringLiteral: $0), $1 as String?)
        }
        let arguments = Arguments(Array(words.dropFirst()))
        do {
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask {
                    let result = try await Subprocess.run(
                        name.contains("/") ? .path(.init(name)) : .name(name), arguments: arguments,
                        environment: .inherit.updating(Dictionary(uniqueKeysWithValues: variables)),
                        output: .string(limit: Self.outputBytesMax), error: .string(limit: Self.outputBytesMax))
                    return Answer(
                        status: result.terminationStatus.shellStatus, output: result.standardOutput,
                        errors: result.standardError)
                }
                group.addTask {
                    try await Task.sleep(for: Self.timeLimit)
                    return nil
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() ?? nil else {
                    throw BatchError(
                        .noAnswer, "\(name) has not answered for \(Self.timeLimit.components.seconds) s",
                        hint: "the scheduler's controller may be down or overloaded: try again later")
                }
                return answer
            }
        } catch let error as BatchError {
            throw error
        } catch {
            throw BatchError(.noScheduler, "\(name) cannot be run: \(error)", hint: "is it in the folders of PATH?")
        }
    }

    /// Runs it again where it fails in a way that may pass, at most three times.
    /// - Throws: As `run`.
    func run(retrying mayPass: (Answer) -> Bool) async throws(BatchError) -> Answer {
        for pause in [Duration.milliseconds(200), .seconds(1)] {
            let answer = try await run()
            guard answer.status != 0, mayPass(answer) else { return answer }
            try? await Task.sleep(for: pause)
        }
        return try await run()
    }

    /// The path of a program in the folders of `PATH`; nil where it is in none.
    static func path(of name: String) -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

extension TerminationStatus {
    /// The status as a shell has it: 128 and the number for a signal.
    var shellStatus: Int {
        switch self {
        case .exited(let code): Int(code)
        case .signaled(let number): 128 + Int(number)
        }
    }
}
