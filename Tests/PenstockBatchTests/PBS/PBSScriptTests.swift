import Testing

/// Scripts by the manual pages of `qsub`, right and wrong.
@Suite("The check of PBS scripts")
struct PBSScriptTests {
    private func problems(_ lines: String..., dialect: PBSDialect = .pbspro, ranks: Int? = nil) -> [String] {
        PBSScript(dialect, text: lines.joined(separator: "\n")).check(ranks: ranks).map(\.description)
    }

    @Test("a right script of OpenPBS is read, and nothing is wrong with it")
    func rightScript() {
        let script = PBSScript(
            .pbspro,
            text: """
                #!/bin/bash
                # Sensors, second attempt
                #PBS -N sensors -q debug
                #PBS -l select=1:ncpus=2:mpiprocs=1:mem=2gb+2:ncpus=8:mpiprocs=4:mem=512mb
                #PBS -lwalltime=100:00:00,place=scatter
                #PBS -J 0-10:2%3
                #PBS -j oe -r n -p -5 -V
                #PBS -v "names='a,b c'"

                cd "$PBS_O_WORKDIR"
                # A comment on #PBS -Z in the middle
                exec ./pipeline run
                """)
        #expect(script.check(ranks: 9) == [])
        #expect(script.values("N") == ["sensors"] && script.values("q") == ["debug"])
        #expect(script.values("v") == ["names='a,b c'"])
        #expect(script.values("l").last == "walltime=100:00:00,place=scatter")
        #expect(script.directives.last == .init(line: 8, option: "v", value: "names='a,b c'"))
        #expect(script.directives.contains(.init(line: 7, option: "V", value: nil)))
    }

    @Test("a right script of Torque")
    func rightTorque() {
        let script = PBSScript(
            .torque,
            text: """
                #!/bin/bash
                #PBS -N sensors
                #PBS -l nodes=1:ppn=1+2:ppn=4:fast,walltime=00:10:00,pmem=2gb
                #PBS -t 0-9,15%2
                #PBS -d /scratch/run
                ./pipeline run
                """)
        #expect(script.check(ranks: 9) == [])
    }

    @Test("the options of one dialect are not those of the other")
    func dialects() {
        #expect(problems("#PBS -t 0-9") == ["line 1: pbspro has no option -t: it is of torque"])
        #expect(problems("#PBS -J 0-9", dialect: .torque) == ["line 1: torque has no option -J: it is of pbspro"])
        #expect(problems("#PBS -Z", "#PBS -N ok") == ["line 1: pbspro has no option -Z"])
        for letter in "aAcCefGhIjJklmMNopPqrRSuvVWXz" {
            #expect(PBSDialect.pbspro.flags.contains(letter) != PBSDialect.pbspro.optionsWithValue.contains(letter))
        }
        for letter in "tdDFxb" { #expect(!problems("#PBS -\(letter) 1").isEmpty) }
        #expect(problems("#PBS -l select=2", dialect: .torque) == ["line 1: torque has no select: nodes=N:ppn=P"])
    }

    @Test("what cannot be an option is told")
    func noOption() {
        #expect(problems("#PBS") == ["line 1: a directive without an option"])
        #expect(problems("#PBS -N") == ["line 1: -N has no value"])
        #expect(problems("#PBS -V name") == ["line 1: \"name\" is no option"])
        #expect(problems("#PBS -N 'name") == ["line 1: a quotation mark is not closed"])
        #expect(problems("#PBS -C '#JOB'") == ["line 1: -C is for the command line only"])
        #expect(problems("# PBS -N name") == ["line 1: not read: a directive begins with #PBS"])
        #expect(problems("#pbs -N name") == ["line 1: not read: a directive begins with #PBS"])
        #expect(problems("  #PBS -Z") == ["line 1: pbspro has no option -Z"])
        #expect(problems("# PBS jobs are queued") == [])
    }

    @Test("directives behind the first command are not read")
    func behindCommand() {
        #expect(
            problems("#!/bin/sh", "#PBS -N a", "", "module load x", "#PBS -l walltime=00:10:00")
                == ["line 5: not read: it is behind the first command, line 4"])
        let script = PBSScript(.pbspro, text: "true\n#PBS -N late")
        #expect(script.directives == [])
    }

    @Test("chunks multiply to the ranks")
    func ranks() {
        #expect(problems("#PBS -l select=4:ncpus=8:mpiprocs=2", ranks: 8) == [])
        #expect(
            problems("#PBS -l select=4:ncpus=8:mpiprocs=2", ranks: 32) == ["line 1: its chunks have 8 ranks, not 32"])
        // One for each chunk where nothing is said.
        #expect(problems("#PBS -l select=4:ncpus=8", ranks: 4) == [])
        #expect(problems("#PBS -l select=ncpus=8", ranks: 1) == [])
        #expect(problems("#PBS -N a", ranks: 1) == [])
        #expect(problems("#PBS -N a", ranks: 2) == ["line 1: it asks for no nodes, for 2 ranks"])
        #expect(
            problems("#PBS -l select=2", "#PBS -l select=2", ranks: 2)
                == ["line 2: nodes are asked for twice: also in line 1"])
        #expect(
            problems("#PBS -l nodes=2:ppn=3", dialect: .torque, ranks: 5) == ["line 1: its chunks have 6 ranks, not 5"])
        for wrong in ["select=0:ncpus=1", "select=2:", "select=+2", "select=2:ncpus", "select=2:mpiprocs=x"] {
            #expect(problems("#PBS -l \(wrong)") == ["line 1: \(wrong) cannot be read"])
        }
        #expect(problems("#PBS -l select=1,nodes=2") == ["line 1: both select and nodes"])
        #expect(problems("#PBS -l select=") == ["line 1: \"select=\" of -l is not name=value"])
    }

    @Test(
        "a walltime is HH:MM:SS",
        arguments: [
            "10", "10:00", "1:00:00", "00:60:00", "00:00:60", "00:0:00", "2h", "-1:00:00", "00:00:00:00", "0x:00:00",
        ])
    func walltime(_ text: String) {
        #expect(problems("#PBS -l walltime=\(text)") == ["line 1: walltime=\(text) is not HH:MM:SS"])
    }

    @Test("a memory has a number and a unit")
    func memory() {
        for right in ["4gb", "512MB", "1000", "8w", "2tb"] {
            #expect(problems("#PBS -l select=1:mem=\(right)") == [] && problems("#PBS -l mem=\(right)") == [])
        }
        for wrong in ["4GiB", "4.5gb", "gb", "4 gb"] {
            #expect(problems("#PBS -l 'select=1:mem=\(wrong)'") == ["line 1: mem=\(wrong) is not a size"])
        }
    }

    @Test("names are as long as the server takes, and begin as it wants")
    func names() {
        func name(_ length: Int) -> String { String(repeating: "x", count: length) }
        #expect(problems("#PBS -N \(name(230))") == [])
        #expect(problems("#PBS -N \(name(231))") == ["line 1: the name has 231 characters: pbspro takes 230"])
        #expect(problems("#PBS -N \(name(15))", dialect: .torque) == [])
        #expect(
            problems("#PBS -N \(name(16))", dialect: .torque) == ["line 1: the name has 16 characters: torque takes 15"]
        )
        #expect(problems("#PBS -N 2nd") == [])
        #expect(problems("#PBS -N 2nd", dialect: .torque) == ["line 1: the name begins with \"2\""])
        #expect(problems("#PBS -N _a") == ["line 1: the name begins with \"_\""])
        #expect(problems("#PBS -N 'a b'") == ["line 1: the name \"a b\" is not of printable characters alone"])
        #expect(problems("#PBS -N größe") == ["line 1: the name \"größe\" is not of printable characters alone"])
    }

    @Test("arrays")
    func arrays() {
        for right in ["0-9", "2-7:2", "0-9%2", "1-100:10%5"] { #expect(problems("#PBS -J \(right)") == []) }
        for wrong in ["5", "9-0", "3-3", "0-9:0", "0-9%0", "0-9%", "a-b", "0-9,12", "-1-4", "0-9:2:2", "0--9"] {
            #expect(problems("#PBS -J \(wrong)") == ["line 1: -J \(wrong): X-Y[:Z][%N], X below Y"])
        }
        for right in ["0-9", "5", "0-4,7,9-11%3"] { #expect(problems("#PBS -t \(right)", dialect: .torque) == []) }
        for wrong in ["0-9:2", "", ",", "3-", "4-2"] {
            #expect(problems("#PBS -t '\(wrong)'", dialect: .torque) == ["line 1: -t \(wrong): 0-9,12[%N]"])
        }
    }

    @Test("choices and priorities")
    func choices() {
        #expect(problems("#PBS -j both") == ["line 1: -j both: one of oe, eo, n"])
        #expect(problems("#PBS -r maybe") == ["line 1: -r maybe: one of y, n"])
        #expect(problems("#PBS -p 1024") == ["line 1: -p 1024: from -1024 to 1023"])
    }
}
