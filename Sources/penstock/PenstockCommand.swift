internal import ArgumentParser

/// The program `penstock`: a log's topics and consumer groups, its broker, who may use them, the runs of pipelines, and new packages, from the
/// command line.
struct PenstockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract:
            "Topics and consumer groups of an event log, its broker, who may use them, the runs of pipelines, and new packages.",
        discussion: """
            The log is the directory, or the broker, that --log or the environment variable PENSTOCK_LOG names, else \
            ./penstock-log. \
            Exit statuses: 0 done, 64 wrong usage, 65 damaged or wrong data, 66 not found, 70 a defect of this program, \
            74 reading or writing failed, 75 try again later, 78 what is there does not fit, 130 interrupted.
            """,
        subcommands: [
            TopicCommand.self, GroupCommand.self, ServeCommand.self, ClusterCommand.self, PKICommand.self,
            TokenCommand.self, RunsCommand.self, DoctorCommand.self, BenchCommand.self, NewCommand.self,
        ])
}

/// `penstock topic`.
struct TopicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topic", abstract: "Create, look at, check, fill and empty topics.",
        subcommands: [
            CreateCommand.self, ListCommand.self, DescribeCommand.self, AlterCommand.self, TruncateCommand.self,
            DeleteCommand.self, VerifyCommand.self, DumpCommand.self, TailCommand.self, ExportCommand.self,
            ImportCommand.self,
        ])
}

/// `penstock cluster`.
struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "Look at the brokers that serve a log.",
        subcommands: [ClusterStatusCommand.self])
}

/// `penstock group`.
struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Look at and move the positions of consumer groups.",
        subcommands: [
            GroupListCommand.self, GroupDescribeCommand.self, GroupResetCommand.self, GroupDeleteCommand.self,
        ])
}
