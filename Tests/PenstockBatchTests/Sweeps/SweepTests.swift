import Testing

@testable import PenstockBatch

/// Values of options as the command line has them.
@Suite struct SweepTests {
    @Test(
        "a range goes from its first number to its last in decimal steps, a list has its values in order",
        arguments: [
            ("centre=290:293:1", ["290", "291", "292", "293"]),
            // In binary arithmetic 0.1 + 0.2 is 0.30000000000000004, and ten steps of 0.1 are less than 1.
            ("x=0.1:0.5:0.1", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
            ("x=0:1:0.25", ["0", "0.25", "0.5", "0.75", "1"]),
            ("x=3:1:-1", ["3", "2", "1"]), ("x=-0.5:0.5:0.5", ["-0.5", "0", "0.5"]),
            ("x=1:1.9:0.5", ["1", "1.5"]), ("x=7:7:1", ["7"]), ("x=1e2:3e2:1e2", ["100", "200", "300"]),
            ("filter=ramp,hann", ["ramp", "hann"]), ("input=scan.h5", ["scan.h5"]),
            // No range, as these are no numbers.
            ("planes=x:100", ["x:100"]), ("angles=a.txt:1-5,b.txt:6-9", ["a.txt:1-5", "b.txt:6-9"]),
            ("level=0:1,0:2", ["0:1", "0:2"]), ("text=a=b,c", ["a=b", "c"]),
        ])
    func values(_ text: String, _ values: [String]) throws {
        let sweep = try Sweep([text])
        #expect(sweep.keys == [String(text.prefix { $0 != "=" })])
        #expect(sweep.tasks == values.map { [$0] })
    }

    @Test("a thousand steps of 0.1 are what they say")
    func exact() throws {
        let sweep = try Sweep(["x=0:100:0.1"])
        #expect(sweep.tasks.count == 1001)
        #expect(sweep.tasks[333] == ["33.3"] && sweep.tasks[999] == ["99.9"] && sweep.tasks[1000] == ["100"])
        #expect(try Sweep(["x=0:0.9999:0.0001"]).tasks.count == 10_000)
    }

    @Test("several options make a grid, of which the first changes least often")
    func grid() throws {
        let sweep = try Sweep(["centre=1:2:1", "filter=ramp,hann,none"])
        #expect(sweep.keys == ["centre", "filter"])
        #expect(
            sweep.tasks == [
                ["1", "ramp"], ["1", "hann"], ["1", "none"], ["2", "ramp"], ["2", "hann"], ["2", "none"],
            ])
        #expect(sweep.labels(of: 4) == ["centre=2", "filter=hann"])
        #expect(sweep.arguments(of: 4, in: "/data") == ["--centre=2", "--filter=hann"])
        #expect(sweep.rowLength == 3)
        #expect(try Sweep(["centre=1:9:1"]).rowLength == nil)
    }

    @Test("values that are paths begin in the folder that was submitted from")
    func paths() throws {
        var sweep = try Sweep(["input=a.h5,/scans/b.h5"])
        sweep.paths = ["input"]
        #expect(sweep.arguments(of: 0, in: "/data") == ["--input=/data/a.h5"])
        #expect(sweep.arguments(of: 1, in: "/data") == ["--input=/scans/b.h5"])
    }

    @Test(
        "what cannot be meant is said, with what would be right",
        arguments: [
            ("centre", "names no option", "centre=290:300:1"), ("=1,2", "names no option", "centre=290:300:1"),
            ("--centre=1,2", "has dashes", "centre=1,2"), ("centre=", "has no values", "centre=290:300:1"),
            ("centre=290:300", "has no step", "centre=290:300:1"),
            ("centre=290:300:1:2", "has 4 numbers", "first:last:step"),
            ("centre=290:3OO:1", "\"3OO\" is no number", "290:300:0.5"),
            ("centre=290:300:0", "a step of 0", "centre=290:300:1"),
            ("centre=290:300:-1", "lead away from 300", "centre=290:300:1"),
            ("centre=300:290:1", "lead away from 290", "centre=300:290:-1"),
            ("filter=ramp,,hann", "empty value", "comma too many"), ("filter=ramp,", "empty value", "comma too many"),
            ("filter=ramp,hann,ramp", "the value ramp twice", "once"),
            ("x=0:1:0.0001", "too large: 10000 tasks are the most", "larger step"),
            ("x=0:1e30:1e-30", "too large", "larger step"),
        ])
    func mistakes(_ text: String, _ problem: String, _ hint: String) {
        let error = #expect(throws: BatchError.self) { try Sweep([text]) }
        #expect(error?.code == .wrongJob)
        #expect(error?.summary.contains(problem) == true, "\(error?.summary ?? "")")
        #expect(error?.hint?.contains(hint) == true, "\(error?.hint ?? "")")
    }

    @Test("an option that is swept twice, and a grid that is too large, are refused")
    func severalMistakes() {
        #expect(throws: BatchError.self) { try Sweep(["x=1,2", "x=3,4"]) }
        let error = #expect(throws: BatchError.self) { try Sweep(["x=1:200:1", "y=1:51:1"]) }
        #expect(error?.summary.contains("200 × 51") == true)
    }

    @Test("a single task of an array is asked for on the command line, and PBS is not asked")
    func singleTask() async throws {
        let after = [JobDependency(.afterAny, "100_7")]
        #expect(
            SlurmScheduler().submission(of: "/r/script.sh", task: 7, after: after) == [
                "sbatch", "--parsable", "--array=7", "--dependency=afterany:100_7", "--kill-on-invalid-dep=yes",
                "/r/script.sh",
            ])
        #expect(SlurmScheduler().task(7, of: "100") == "100_7")
        #expect(PBSScheduler(.pbspro).task(7, of: "100[].server") == "100[7].server")
        let spec = JobSpec(name: "a", executable: "/bin/true", directory: "/", stdoutPath: "/dev/null")
        let error = await #expect(throws: BatchError.self) {
            try await PBSScheduler(.pbspro).submit("/r/script.sh", of: spec, task: 7, after: [])
        }
        #expect(error?.summary.contains("single task") == true)
    }
}
