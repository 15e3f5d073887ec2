/// The schedulers that there are.
public enum Schedulers {
    /// The scheduler of a name.
    public static func scheduler(_ name: SchedulerName) -> any Scheduler {
        switch name {
        case .local: LocalScheduler()
        case .slurm: SlurmScheduler()
        case .pbspro: PBSScheduler(.pbspro)
        case .torque: PBSScheduler(.torque)
        }
    }

    /// The scheduler of this machine, by its programs.
    /// - Throws: `BatchError.noScheduler` where there is none.
    public static func found() async throws(BatchError) -> SchedulerName {
        if SystemCommand.path(of: "sbatch") != nil { return .slurm }
        guard SystemCommand.path(of: "qsub") != nil else {
            throw BatchError(
                .noScheduler, "there is no batch queue here: neither sbatch nor qsub is in the folders of PATH",
                hint: "load the site's module, or run the job on this host with --scheduler local")
        }
        // OpenPBS says `pbs_version = 23.06.06`, Torque `Version: 6.1.3` and its commit.
        let answer = try await SystemCommand(["qsub", "--version"]).run()
        return (answer.output + answer.errors).contains("pbs_version") ? .pbspro : .torque
    }
}
