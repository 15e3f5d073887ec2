internal import Foundation

/// The state of a job as Slurm names it, in ours.
struct SlurmState {
    private let name: String
    private let reason: String

    /// - Parameters:
    ///   - name: The long form, such as `NODE_FAIL`.
    ///   - reason: Why the job waits, such as `Priority`; `None` for no reason.
    init(_ name: String, reason: String) { (self.name, self.reason) = (name, reason) }

    func job(nodes: String, end: String) -> QueuedJob {
        let isWaiting = name == "PENDING"
        return QueuedJob(
            state: state, neverRuns: isWaiting && Self.neverRun.contains(reason),
            remark: isWaiting ? Self.words[reason] : nil, nodes: nodes.isEmpty ? nil : nodes,
            end: Double(end).map { Date(timeIntervalSince1970: $0) })
    }

    private var state: JobState {
        switch name {
        case "PENDING": .queued(reason: reason == "None" ? nil : reason)
        case "CONFIGURING", "STAGE_IN": .starting
        case "RUNNING", "COMPLETING", "SIGNALING", "RESIZING", "STAGE_OUT": .active
        case "SUSPENDED", "STOPPED": .queued(reason: "suspended")
        case "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD": .queued(reason: "requeued")
        case "COMPLETED": .completed
        case "CANCELLED", "REVOKED": .canceled
        case "TIMEOUT", "DEADLINE": .failed(.timeout)
        case "OUT_OF_MEMORY": .failed(.outOfMemory)
        case "NODE_FAIL", "BOOT_FAIL": .failed(.nodeFailure)
        case "PREEMPTED": .failed(.preempted)
        // Slurm says the exit status only where one asks for this job alone; our own record has it.
        default: .failed(.exit(1))
        }
    }

    /// Reasons for which a job waits until somebody changes it, or the cluster.
    private static let neverRun: Set<String> = [
        "PartitionConfig", "PartitionTimeLimit", "PartitionNodeLimit", "DependencyNeverSatisfied", "BadConstraints",
        "InvalidAccount", "InvalidQOS", "AccountNotAllowed", "QOSNotAllowed", "PartitionInactive", "PartitionDown",
        "AssocMaxCpuPerJobLimit", "AssocMaxNodePerJobLimit", "AssocMaxWallDurationPerJobLimit", "AssocMaxMemPerJob",
        "QOSMaxCpuPerJobLimit", "QOSMaxNodePerJobLimit", "QOSMaxWallDurationPerJobLimit", "QOSMaxMemoryPerJob",
        "QOSTimeLimit", "QOSUsageThreshold", "JobHeldAdmin", "JobHeldUser", "MaxRequeue", "JobLaunchFailure",
    ]

    private static let words: [String: String] = [
        "PartitionConfig": "it asks for more cores, nodes or time than the partition gives",
        "PartitionTimeLimit": "its walltime is longer than the partition allows",
        "PartitionNodeLimit": "it asks for more nodes than the partition allows",
        "PartitionInactive": "the partition takes no jobs now",
        "PartitionDown": "the partition is down",
        "DependencyNeverSatisfied": "it waits for a job that has ended in another way",
        "Dependency": "it waits for another job",
        "BadConstraints": "no node has what it asks for",
        "ReqNodeNotAvail": "a node that it needs is not available",
        "InvalidAccount": "the account is not valid",
        "AccountNotAllowed": "the account may not use this partition",
        "InvalidQOS": "the quality of service is not valid",
        "QOSNotAllowed": "the quality of service may not be used in this partition",
        "AssocMaxWallDurationPerJobLimit": "its walltime is longer than the account allows",
        "AssocMaxNodePerJobLimit": "it asks for more nodes than the account allows",
        "AssocMaxCpuPerJobLimit": "it asks for more cores than the account allows",
        "QOSMaxWallDurationPerJobLimit": "its walltime is longer than the quality of service allows",
        "QOSMaxNodePerJobLimit": "it asks for more nodes than the quality of service allows",
        "QOSMaxCpuPerJobLimit": "it asks for more cores than the quality of service allows",
        "QOSUsageThreshold": "the account has used up its allocation",
        "Priority": "others are before it",
        "Resources": "it waits for nodes to be free",
        "BeginTime": "it may not begin yet",
        "JobHeldUser": "somebody holds it: scontrol release lets it go",
        "JobHeldAdmin": "an administrator holds it",
        "JobLaunchFailure": "it could not be started: the node's slurmd tells why",
        "JobArrayTaskLimit": "as many tasks of the array run as may",
        "MaxRequeue": "it was given back too often",
    ]
}
