import Foundation
import Testing

@testable import PenstockBatch

/// What schedulers say, in our words. The documents of `qstat` follow the manuals of OpenPBS 23.06 and Torque 6.
@Suite struct StateTests {
    @Test(
        "Slurm's states",
        arguments: [
            ("PENDING", "Priority", JobState.queued(reason: "Priority")), ("PENDING", "None", .queued(reason: nil)),
            ("CONFIGURING", "None", .starting), ("RUNNING", "None", .active), ("COMPLETING", "None", .active),
            ("COMPLETED", "None", .completed), ("CANCELLED", "None", .canceled),
            ("TIMEOUT", "TimeLimit", .failed(.timeout)),
            ("OUT_OF_MEMORY", "OutOfMemory", .failed(.outOfMemory)), ("NODE_FAIL", "NodeDown", .failed(.nodeFailure)),
            ("NODE_FAIL", "None", .failed(.nodeFailure)), ("PREEMPTED", "None", .failed(.preempted)),
            ("FAILED", "NonZeroExitCode", .failed(.exit(1))), ("SUSPENDED", "None", .queued(reason: "suspended")),
        ])
    func slurm(_ name: String, _ reason: String, _ state: JobState) {
        let job = SlurmState(name, reason: reason).job(nodes: "n[1-2]", end: "1795393200")
        #expect(job.state == state)
        #expect(job.end == Date(timeIntervalSince1970: 1_795_393_200))
        #expect(job.nodes == "n[1-2]")
    }

    @Test("jobs that Slurm takes and never runs")
    func never() {
        for reason in ["PartitionConfig", "PartitionTimeLimit", "DependencyNeverSatisfied", "InvalidAccount"] {
            let job = SlurmState("PENDING", reason: reason).job(nodes: "", end: "N/A")
            #expect(job.neverRuns && job.remark != nil && job.end == nil && job.nodes == nil, "\(reason)")
        }
        for reason in ["Priority", "Resources", "Dependency", "BeginTime", "SomethingNew"] {
            #expect(!SlurmState("PENDING", reason: reason).job(nodes: "", end: "N/A").neverRuns, "\(reason)")
        }
    }

    @Test("jobs as OpenPBS prints them")
    func openPBS() {
        let text = """
            {"timestamp": 1795393200, "pbs_version": "23.06.06", "pbs_server": "host", "Jobs": {
              "0.host": {"Job_Name": "a", "job_state": "F", "Exit_status": 0, "exec_host": "host/0*2", "run_count": 1},
              "1.host": {"Job_Name": "b", "job_state": "F", "Exit_status": -29},
              "2.host": {"Job_Name": "c", "job_state": "F", "Exit_status": 271},
              "3.host": {"Job_Name": "d", "job_state": "F", "Exit_status": 70},
              "4.host": {"Job_Name": "e", "job_state": "Q", "comment": "Can Never Run: Insufficient amount of resource: ncpus (R: 500 A: 2 T: 2)"},
              "5.host": {"Job_Name": "f", "job_state": "H", "comment": "Job held by afterok"},
              "6.host": {"Job_Name": "g", "job_state": "R", "exec_host": "host/1"},
              "7[0].host": {"Job_Name": "h", "job_state": "X", "Exit_status": 0}}}
            """
        let jobs = PBSJobs(json: text).jobs
        #expect(jobs["0.host"]?.state == .completed && jobs["0.host"]?.nodes == "host/0*2")
        #expect(jobs["1.host"]?.state == .failed(.timeout))
        #expect(jobs["2.host"]?.state == .failed(.signal(15)))
        #expect(jobs["3.host"]?.state == .failed(.exit(70)))
        #expect(jobs["4.host"]?.neverRuns == true)
        #expect(jobs["5.host"]?.state == .queued(reason: "Job held by afterok"))
        #expect(jobs["6.host"]?.state == .active)
        #expect(jobs["7[0].host"]?.state == .completed)
        #expect(PBSJobs(json: "qstat: Unknown Job Id 9.host").jobs.isEmpty)
    }

    @Test("jobs as Torque prints them, with lines that go on")
    func torque() {
        let text = """
            Job Id: 12.server
                Job_Name = a
                job_state = C
                exit_status = 271
                exec_host = n1/0+n1/1+
            \tn2/0

            Job Id: 13.server
                Job_Name = b
                job_state = Q

            """
        let jobs = PBSJobs(text: text).jobs
        #expect(jobs["12.server"]?.state == .failed(.signal(15)))
        #expect(jobs["12.server"]?.nodes == "n1/0+n1/1+n2/0")
        #expect(jobs["13.server"]?.state == .queued(reason: nil))
    }
}
