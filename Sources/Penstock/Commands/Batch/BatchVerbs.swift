internal import ArgumentParser

/// The verbs around runs that were submitted, which are the same for all pipelines.
enum BatchVerbs {
    /// Those for people, then those that scripts and jobs call.
    static var all: [any ParsableCommand.Type] {
        var verbs: [any ParsableCommand.Type] = [
            StatusCommand.self, LogsCommand.self, AttachCommand.self, WaitCommand.self, CancelCommand.self,
            ExtendCommand.self, ShrinkCommand.self, JobCommand.self, JoinCommand.self, KeepJobCommand.self,
        ]
        #if Broker
            verbs.append(BrokerCommand.self)
        #endif
        return verbs
    }
}
