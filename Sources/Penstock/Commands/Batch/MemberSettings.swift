internal import ArgumentParser

/// What a job says to the pipeline that it runs. Users give `submit` instead.
struct MemberSettings: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the run that this process belongs to.", visibility: .hidden))
    var runFolder: String?

    @Option(
        name: .customLong("member"), help: ArgumentHelp("What this process of the run is called.", visibility: .hidden))
    var memberName = "1"

    /// The process as a member of its run; nil outside of a job.
    var member: RunMember? { runFolder.map { RunMember($0, name: memberName) } }
}
