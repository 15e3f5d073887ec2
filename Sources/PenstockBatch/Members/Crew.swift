internal import Foundation
internal import PenstockEvents

/// The processes by which a job works on a run: the pipeline alone, or brokers that serve the log and members that share the work.
final class Crew: Sendable {
    /// How a job's part of a run is made up.
    struct Plan: Sendable {
        /// The commands that serve the log, each with the file of its output; none where the log is served elsewhere, or needs nobody.
        var brokers: [[String]] = []
        /// The commands that work.
        var workers: [[String]]
        /// The file that all of them print to, without an ending.
        var output: String
        /// The folder that workers begin in; nil for that of the job.
        var directory: String?
        /// By which signal workers are asked for their last checkpoint.
        var drainSignal = SIGTERM
    }

    private struct State {
        var brokers: [pid_t] = []
        var workers: [pid_t] = []
        /// Whether workers that begin from now on are to end at once.
        var isDraining = false
    }

    private let state = Guarded(State())

    /// Runs workers to their end, behind each other's start.
    /// - Returns: The best of their ends: a worker that ends well has seen all work done.
    /// - Throws: `BatchError` where one cannot be started.
    func work(_ plan: Plan) async throws(BatchError) -> WatchedProcess.End {
        do {
            return try await withThrowingTaskGroup(of: WatchedProcess.End.self) { group in
                for (number, words) in plan.workers.enumerated() {
                    let name = plan.workers.count == 1 ? plan.output : "\(plan.output).\(number)"
                    group.addTask {
                        try await WatchedProcess(
                            words: words, output: "\(name).out", directory: plan.directory
                        ).run { process in
                            let isLate = self.state.withLock { state in
                                state.workers.append(process)
                                return state.isDraining
                            }
                            if isLate { self.kill(process, plan.drainSignal) }
                        } look: { _ in
                        }
                    }
                }
                var best: WatchedProcess.End?
                for try await end in group where best == nil || Self.rank(end) < best.map(Self.rank) ?? 0 { best = end }
                return best ?? .exit(0)
            }
        } catch let error as BatchError {
            throw error
        } catch {
            throw BatchError(.folder, "\(error)")
        }
    }

    /// Runs brokers until the task is cancelled or `stopBrokers` is called.
    func serve(_ plan: Plan) async throws(BatchError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, words) in plan.brokers.enumerated() {
                    group.addTask {
                        let output = "\(plan.output).broker\(number).out"
                        _ = try await WatchedProcess(words: words, output: output).run { process in
                            self.state.withLock { $0.brokers.append(process) }
                        } look: { _ in
                        }
                    }
                }
                try await group.waitForAll()
            }
        } catch let error as BatchError {
            throw error
        } catch {
            throw BatchError(.folder, "\(error)")
        }
    }

    /// Asks the workers for their last checkpoint.
    func drain(by signal: Int32) {
        let workers = state.withLock { state in
            state.isDraining = true
            return state.workers
        }
        for process in workers { kill(process, signal) }
    }

    /// Ends the brokers; what they have acknowledged is kept.
    func stopBrokers() {
        for process in state.withLock({ $0.brokers }) { kill(process, SIGTERM) }
    }

    /// Ends everything at once.
    func kill() {
        let all = state.withLock { $0.workers + $0.brokers }
        for process in all { Glibc.kill(process, SIGKILL) }
    }

    private func kill(_ process: pid_t, _ signal: Int32) { Glibc.kill(process, signal) }

    private static func rank(_ end: WatchedProcess.End) -> Int {
        switch end {
        case .exit(0): 0
        case .exit(Attempt.handedOverStatus): 1
        case .exit: 2
        case .signal: 3
        }
    }
}
