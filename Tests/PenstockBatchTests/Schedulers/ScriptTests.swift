import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// The text of scripts, for each scheduler, held against what was written by hand from its manual.
@Suite struct ScriptTests {
    private func spec(_ change: (inout JobSpec) -> Void = { _ in }) -> JobSpec {
        var spec = JobSpec(
            name: "sensors-7f3a2c", executable: "/opt/p/Sensors", arguments: ["job", "/data/runs/sensors-7f3a2c"],
            directory: "/data/my scans", environment: ["FI_PROVIDER": "cxi", "NOTE": "it's"],
            stdoutPath: "/data/runs/sensors-7f3a2c/log/job.out",
            resources: ResourceSpec(nodeCount: 4, cpuCoresPerProcess: 16, memory: ByteCount("64GiB")),
            attributes: JobAttributes(duration: Walltime(seconds: 7200), signalSeconds: 90))
        change(&spec)
        return spec
    }

    private func everything(_ spec: inout JobSpec) {
        spec.inheritEnvironment = true
        spec.logResources = ResourceSpec(nodeCount: 2, cpuCoresPerProcess: 8, memory: ByteCount("8GiB"))
        spec.resources.gpuCoresPerProcess = 1
        spec.resources.exclusiveNodeUse = true
        spec.attributes.queueName = "regular"
        spec.attributes.account = "m1234"
        spec.attributes.constraint = "cpu&hdr"
        spec.attributes.customAttributes = ["slurm.qos": "debug", "slurm.contiguous": "", "pbs.W": "sandbox=PRIVATE"]
        spec.attributes.array = JobArray(count: 11, throttle: 2)
        spec.attributes.requeue = true
        spec.preLaunch = ["module load hdf5"]
        spec.wrapper = ["apptainer", "exec", "image.sif"]
    }

    @Test("Slurm: a whole script, line by line")
    func slurm() {
        let script = BatchScript(spec(), for: SlurmScheduler(), heading: ["A run."])
        #expect(
            script.text == """
                #!/bin/bash
                # A run.
                #SBATCH --job-name=sensors-7f3a2c
                #SBATCH --time=02:00:00
                #SBATCH --output=/data/runs/sensors-7f3a2c/log/job.out
                #SBATCH --open-mode=append
                #SBATCH --no-requeue
                #SBATCH --signal=B:USR1@90
                #SBATCH --export=HOME,USER,LOGNAME,SHELL,LANG,PATH
                #SBATCH --nodes=4
                #SBATCH --ntasks-per-node=1
                #SBATCH --cpus-per-task=16
                #SBATCH --mem=16384M

                # What the scheduler needs.
                export SLURM_EXPORT_ENV=ALL

                # The folder that the job was submitted from. It has to be there on the node, too.
                cd '/data/my scans' || {
                    echo "error: $(hostname) has no folder "'/data/my scans'": the run needs one that all nodes share" >&2
                    exit 78
                }

                # Variables.
                export FI_PROVIDER=cxi
                export NOTE='it'\\''s'

                # The program takes the place of this shell, so that signals reach it.
                exec /opt/p/Sensors job /data/runs/sensors-7f3a2c

                """)
    }

    /// The lines of a script behind its variables.
    private func end(of script: BatchScript) -> [String] {
        script.text.split(separator: "\n").map(String.init).drop { $0 != #"export NOTE='it'\''s'"# }.dropFirst()
            .filter { !$0.isEmpty }
    }

    @Test("a program that is copied to each node first")
    func staging() {
        let slurm = BatchScript(spec { $0.stage = "/tmp" }, for: SlurmScheduler(), heading: [])
        #expect(
            end(of: slurm) == [
                "# Runs a command on each node of the job.",
                #"on_each_node() { srun --nodes=4 --ntasks=4 --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=0 "$@"; }"#,
                "# The program goes to /tmp of each node.",
                #"export PENSTOCK_PROGRAM=/tmp/sensors-7f3a2c-"$SLURM_JOB_ID""#,
                #"sbcast --force --preserve /opt/p/Sensors "$PENSTOCK_PROGRAM" || {"#,
                #"    echo "error: the program cannot be copied to "/tmp >&2"#,
                #"    echo "hint: is there room on each node, and may you write there?" >&2"#,
                "    exit 74", "}",
                "# The program takes the place of this shell, so that signals reach it.",
                #"exec "$PENSTOCK_PROGRAM" job /data/runs/sensors-7f3a2c"#,
            ])
        func copies(_ change: (inout JobSpec) -> Void, _ scheduler: any Scheduler) -> [String] {
            let staged = spec {
                $0.stage = "/tmp"
                change(&$0)
            }
            let lines = end(of: BatchScript(staged, for: scheduler, heading: []))
            return lines.filter { $0.contains("on_each_node") || $0.hasPrefix("cp ") || $0.hasPrefix("sbcast ") }
        }
        let copy = #"/opt/p/Sensors "$PENSTOCK_PROGRAM" || {"#
        #expect(
            copies({ _ in }, PBSScheduler(.pbspro)) == [
                #"on_each_node() { pbsdsh -- "$@"; }"#, "on_each_node /bin/cp -p \(copy)",
            ])
        #expect(
            copies({ $0.launcher = .mpiexec }, PBSScheduler(.torque)) == [
                #"on_each_node() { mpiexec -n 4 -ppn 1 "$@"; }"#, "on_each_node /bin/cp -p \(copy)",
            ])
        #expect(copies({ $0.resources.nodeCount = 1 }, PBSScheduler(.pbspro)) == ["cp -p \(copy)"])
        #expect(copies({ $0.resources.nodeCount = 1 }, SlurmScheduler()) == ["sbcast --force --preserve \(copy)"])
        #expect(copies({ _ in }, LocalScheduler()) == ["cp -p \(copy)"])
        #expect(
            copies({ $0.logResources = ResourceSpec(nodeCount: 2) }, SlurmScheduler())[0]
                == #"on_each_node() { srun --het-group=0,1 --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=0 "$@"; }"#)
    }

    @Test("a function that goes to each node by ssh runs its words on every host of the job once")
    func eachNodeBySSH() throws {
        let folder = try TestFolder()
        try folder.write("beta\nalpha\nbeta\n", to: "nodes")
        let lines = EachNode(spec { $0.launcher = .ssh }, .pbspro).function
        // In place of ssh: says which host, and has a shell read the line as the host's would.
        let ssh = #"ssh() { printf '%s: ' "$4"; bash -c "$5"; }"#
        let script = [ssh] + lines + [#"PBS_NODEFILE=nodes; on_each_node printf '%s\n' "two words" 'it'\''s $HOME'"#]
        let path = try folder.write(script.joined(separator: "\n"), to: "script")
        let ended = try Programs.run("env", "-C", folder.path, "bash", path)
        #expect(ended.output == "alpha: two words\nit's $HOME\nbeta: two words\nit's $HOME\n", "\(ended.errors)")
    }

    @Test("Slurm: nodes for the log come first, and what is passed through stands with both groups")
    func heterogeneous() {
        let lines = SlurmScheduler().directives(for: spec(everything))
        let parts = lines.split(separator: "#SBATCH hetjob")
        #expect(parts.count == 2)
        #expect(parts[0].contains("#SBATCH --nodes=2") && parts[0].contains("#SBATCH --mem=4096M"))
        #expect(parts[0].contains("#SBATCH --array=0-10%2") && parts[0].contains("#SBATCH --requeue"))
        #expect(parts[0].contains("#SBATCH --export=ALL"))
        #expect(parts[1].contains("#SBATCH --nodes=4") && parts[1].contains("#SBATCH --gpus-per-task=1"))
        #expect(parts[1].contains("#SBATCH --exclusive"))
        for part in parts {
            for line in ["partition=regular", "account=m1234", "constraint='cpu&hdr'", "qos=debug", "contiguous"] {
                #expect(part.contains("#SBATCH --\(line)"), "\(line)")
            }
            #expect(!part.contains { $0.contains("sandbox") })
        }
    }

    @Test("OpenPBS: a whole script's directives")
    func openPBS() throws {
        let plain = PBSScheduler(.pbspro).directives(for: spec())
        #expect(
            plain == [
                "#PBS -N sensors-7f3a2c", "#PBS -l select=4:ncpus=16:mpiprocs=1:ompthreads=16:mem=16384mb",
                "#PBS -l walltime=02:00:00", "#PBS -j oe", "#PBS -o /data/runs/sensors-7f3a2c/log/job.out", "#PBS -r n",
            ])
        let full = BatchScript(spec(everything), for: PBSScheduler(.pbspro), heading: ["A run."])
        #expect(PBSScript(.pbspro, text: full.text).check(ranks: 6) == [])
        #expect(full.text.contains("#PBS -l select=2:ncpus=8:mpiprocs=1:ompthreads=8:mem=4096mb+4:ncpus=16"))
        for line in [
            "-J 0-10%2", "-q regular", "-A m1234", "-V", "-r y", "-W sandbox=PRIVATE", "-l place=scatter:excl",
        ] {
            #expect(full.text.contains("#PBS \(line)\n"), "\(line)")
        }
        #expect(full.text.contains("exec apptainer exec image.sif /opt/p/Sensors job"))
    }

    @Test("Torque: a whole script's directives, its names short")
    func torque() {
        let plain = BatchScript(spec { $0.name = "live-tomography-7f3a2c" }, for: PBSScheduler(.torque), heading: [])
        #expect(PBSScript(.torque, text: plain.text).check() == [])
        for line in ["-N live-tom-7f3a2c", "-l nodes=4:ppn=16", "-l mem=65536mb", "-l walltime=02:00:00"] {
            #expect(plain.text.contains("#PBS \(line)\n"), "\(line)")
        }
        let full = BatchScript(spec(everything), for: PBSScheduler(.torque), heading: [])
        #expect(PBSScript(.torque, text: full.text).check() == [])
        #expect(full.text.contains("#PBS -t 0-10%2\n") && full.text.contains("#PBS -l nodes=2:ppn=8+4:ppn=16:gpus=1\n"))
    }

    @Test("commands with dependencies")
    func commands() {
        let after = [JobDependency(.afterAny, "75"), JobDependency(.afterOK, "76")]
        #expect(
            SlurmScheduler().submission(of: "/r/script.sh", after: after) == [
                "sbatch", "--parsable", "--dependency=afterany:75,afterok:76", "--kill-on-invalid-dep=yes",
                "/r/script.sh",
            ])
        #expect(
            PBSScheduler(.pbspro).submission(of: "/r/script.sh", after: after) == [
                "qsub", "-W", "depend=afterany:75,afterok:76", "/r/script.sh",
            ])
    }

    @Test(
        "words reach a program through the shell as they are",
        arguments: [
            "", "plain", "two words", "it's", "$HOME", "`date`", "a\"b", "*", "a\\b", "~", "ü", "-n", "a\nb", "'", "!x",
        ])
    func quoting(_ word: String) throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "printf '%s|' " + Shell.command([word, "end"])]
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(output == "\(word)|end|")
    }
}
