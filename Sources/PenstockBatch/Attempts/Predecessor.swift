/// The run that has to be completed before another one begins. The scheduler's dependency only orders their jobs; the run's own record decides.
struct Predecessor {
    private let folder: RunFolder

    /// How it stands.
    enum Standing: Sendable, Hashable {
        /// Its work is done.
        case completed
        /// It goes on: these are its jobs now, and it may get more. None where its scheduler does not say.
        case goesOn([JobDependency])
        /// It will not be completed, and this is why, in words.
        case over(String)
    }

    init(_ path: String) { folder = RunFolder(path) }

    var name: String { folder.name }

    /// Asks its folder and its scheduler.
    func standing() async -> Standing {
        do throws(BatchError) {
            let status = try await RunStatus.of([folder])[0]
            if status.state == .completed { return .completed }
            guard !status.state.isFinal else {
                let why = status.remark.map { " (\($0))" } ?? ""
                return .over("the run \(name), which has to be completed first, is \(status.state)\(why)")
            }
            return .goesOn(status.openJobs.map { JobDependency(.afterAny, $0.id, in: $0.folder) })
        } catch {
            return .over("the run \(name), which has to be completed first, cannot be looked at: \(error.summary)")
        }
    }

    /// What the first job of a run in a queue waits for.
    /// - Throws: `BatchError.wrongState` where it would wait in vain, `wrongJob` where it cannot wait for another queue's jobs.
    func dependencies(in scheduler: SchedulerName) async throws(BatchError) -> [JobDependency] {
        switch await standing() {
        case .completed: return []
        case .over(let problem):
            throw BatchError(.wrongState, problem, hint: "`submit --resume \(name)` goes on with it")
        case .goesOn(let jobs):
            let other = try folder.manifest().scheduler
            guard other == scheduler else {
                throw BatchError(
                    .wrongJob,
                    "\(name) is a run of \(other.rawValue), and jobs of \(scheduler.rawValue) cannot wait for it",
                    hint: "submit to \(other.rawValue), or `wait` for \(name) first")
            }
            return jobs
        }
    }
}
