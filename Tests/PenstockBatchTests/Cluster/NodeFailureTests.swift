import Foundation
import TestSupport
import Testing

@Suite(
    "Death of nodes and clusters", .timeLimit(.minutes(5)),
    .enabled(if: SlurmCluster.isInstalled, "\(SlurmCluster.missing)"))
struct NodeFailureTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Says where its processes are: of the script and of one that has left it.
    private func script(_ name: String) throws -> String {
        try folder.write(
            """
            #!/bin/bash
            setsid sleep 1000 &
            echo "$$ $!" >\(folder(name))
            sleep 1001
            """, to: name + ".sh")
    }

    private func processes(_ name: String) async throws -> [pid_t] {
        try await eventually("processes of \(name)") { ((try? folder.text(name)) ?? "").hasSuffix("\n") }
        return try folder.text(name).split { " \n".contains($0) }.compactMap { pid_t($0) }
    }

    @Test(
        "a killed node ends its jobs at once, by NODE_FAIL or back in the queue; others go on; revived, it is used again"
    )
    func killNode() async throws {
        let cluster = try SlurmCluster(nodes: 3)
        func submit(_ name: String, _ options: String) throws -> String {
            try cluster.run("sh", "-c", "sbatch --parsable --output=/dev/null \(options) \(script(name))")
        }
        let lost = try submit("lost", "--nodelist=n2 --no-requeue")
        let requeued = try submit("requeued", "--nodelist=n2 --requeue")
        let spread = try submit("spread", "--nodes=2 --nodelist=n1,n2 --no-requeue")
        let other = try submit("other", "--nodelist=n3 --no-requeue")
        let ofLost = try await processes("lost") + processes("requeued")
        let (ofSpread, ofOther) = (try await processes("spread"), try await processes("other"))
        #expect(ofLost.count == 4 && ofSpread.count == 2 && ofOther.allSatisfy(isAlive))

        try cluster.kill(node: "n2")
        #expect(!ofLost.contains(where: isAlive))
        #expect(
            try cluster.run("sinfo", "--noheader", "--nodes=n2", "--partition=main", "--format=%T").hasPrefix("down"))
        #expect(try await cluster.wait(for: lost, "NODE_FAIL").reason == "NodeDown")
        // Its end on the other node takes some seconds; no process of it stays.
        #expect(try await cluster.wait(for: spread, "NODE_FAIL").reason == "NodeDown")
        // Not before two minutes are over.
        #expect(try await cluster.wait(for: requeued, "PENDING").reason == "BeginTime")
        #expect(try cluster.job(other)?.state == "RUNNING")
        #expect(ofOther.allSatisfy(isAlive))
        try await eventually("the end of what the job had on n1") { !ofSpread.contains(where: isAlive) }

        try cluster.revive(node: "n2")
        let next = try cluster.run(
            "sbatch", "--parsable", "--nodelist=n2", "--output=\(folder("next"))", "--wrap", "echo $SLURMD_NODENAME")
        try await cluster.wait(for: next, "COMPLETED")
        #expect(try folder.text("next") == "n2\n")
        #expect(try cluster.job(other)?.state == "RUNNING")

        let (daemons, prefix) = (daemons(of: cluster.prefix), cluster.prefix)
        #expect(daemons.count == 5 && daemons.allSatisfy(isAlive))
        cluster.stop()
        #expect(!(daemons + ofOther).contains(where: isAlive))
        #expect(!FileManager.default.fileExists(atPath: prefix))
    }

    @Test("a node that is not there cannot be killed")
    func unknownNode() throws {
        let cluster = try SlurmCluster.shared()
        let failure = try #require(throws: SlurmCluster.Failure.self) { try cluster.kill(node: "n5") }
        #expect(failure.description.contains("the nodes are n1 n2 n3 n4"))
    }

    @Test("all jobs are cancelled")
    func cancelAll() async throws {
        let cluster = try SlurmCluster(nodes: 1)
        let job = try cluster.run("sbatch", "--parsable", "--output=/dev/null", script("job"))
        let waiting = try cluster.run("sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap", "true")
        let processes = try await processes("job")
        try await cluster.cancelAll()
        #expect(try cluster.jobs().map(\.state) == ["CANCELLED", "CANCELLED"])
        #expect(try cluster.jobs().map(\.id) == [job, waiting])
        #expect(!processes.contains(where: isAlive))
    }

    @Test("a cluster does not outlive a killed process that has started it")
    func killedHolder() async throws {
        let holder = try ChildProcess("ClusterHolder", [])
        let prefix = try await holder.line("holds ")
        let daemons = daemons(of: prefix)
        #expect(daemons.count == 3 && daemons.allSatisfy(isAlive))
        try await holder.kill()
        try await eventually("the end of the cluster") {
            !daemons.contains(where: isAlive) && !FileManager.default.fileExists(atPath: prefix)
        }
    }

    private func daemons(of prefix: String) -> [pid_t] {
        let records = (try? FileManager.default.contentsOfDirectory(atPath: prefix + "/run")) ?? []
        return records.filter { $0.hasSuffix(".pid") }
            .compactMap { try? String(contentsOfFile: "\(prefix)/run/\($0)", encoding: .utf8) }
            .compactMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Whether there is a process, which is not one that has ended and waits for its parent.
    private func isAlive(_ pid: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return false }
        return !status.contains("\nState:\tZ")
    }
}
