import Foundation
import TestSupport
import Testing

@Suite struct ReplayTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test(
        "a replay without the scan's file gives the bytes of the run, for every size of batches and number of threads",
        arguments: ["whole", "180deg", "100"])
    func bytes(window: String) throws {
        try Scans.stone(rows: 3, angles: 270, degrees: 270).write(to: folder("scan.h5"))
        let options = ["--window", window, "--zinger-threshold", "0.15"]
        let run = ["run", "--input", "scan.h5"] + options
        for (batch, parallelism) in [(7, 1), (4096, 2)] {
            let outcome = try Program.run(
                run + ["--output", "\(batch).h5", "--log", "log\(batch)", "--batch-size", "\(batch)"]
                    + ["--parallelism", "\(parallelism)"], in: folder)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let expected = try folder.data("7.h5")
        #expect(try folder.data("4096.h5") == expected)
        try folder.remove("scan.h5")
        for batch in [1, 7, 4096] {
            for parallelism in [1, 2, 4] {
                let outcome = try Program.run(
                    ["replay", "--topic", "projections", "--output", "r.h5", "--overwrite", "--log", "log7"] + options
                        + ["--batch-size", "\(batch)", "--parallelism", "\(parallelism)"], in: folder)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(try folder.data("r.h5") == expected, "batches of \(batch), \(parallelism) threads")
            }
        }
    }

    @Test(
        "every preparation repeats to the byte, too",
        arguments: [
            "--flat-average median --flat-timing interpolated --crop-columns 4:96 --zinger-threshold 0.15 --air 3 --binning 2 "
                + "--paganin energy=20,distance=1,pixel=1,alpha=0.01 --floor 1e-4 --beam-hardening 1,0.05 --stripe dead "
                + "--stripe fourier-wavelet:sigma=1 --centre 21.4",
            "--stripe all --half-acquisition --centre 20 --width 80",
        ])
    func preparation(_ text: String) throws {
        try Scans.stone(columns: 96, rows: 4, angles: 90, degrees: 360, centre: 20).write(to: folder("scan.h5"))
        let options = text.split(separator: " ").map(String.init)
        let run = try Program.run(
            ["run", "--input", "scan.h5", "--output", "v.h5", "--batch-size", "7"] + options, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let replay = try Program.run(["replay", "--output", "r.h5", "--parallelism", "1"] + options, in: folder)
        #expect(replay.status == 0, "\(replay.errors)")
        let volume = try folder.data("v.h5")
        #expect(try folder.data("r.h5") == volume)
        // Without it all the volume is another one.
        let plain = try Program.run(["replay", "--output", "plain.h5", "--centre", "20"], in: folder)
        #expect(plain.status == 0, "\(plain.errors)")
        #expect(try folder.data("plain.h5") != volume)
    }

    @Test("--set means what the option means, and another filter gives another volume")
    func parameters() throws {
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        try Program.succeed("run", "--input", "scan.h5", "--output", "run.h5", in: folder)
        try Program.succeed("replay", "--filter", "hann", "--output", "option.h5", in: folder)
        try Program.succeed("replay", "--set", "filter=hann", "--set", "output=set.h5", in: folder)
        try Program.succeed("replay", "--filter", "shepp", "--output", "same.h5", in: folder)
        #expect(try folder.data("option.h5") == folder.data("set.h5"))
        #expect(try folder.data("option.h5") != folder.data("run.h5"))
        #expect(try folder.data("same.h5") == folder.data("run.h5"))
    }

    @Test("a second run is a scan of its own, and each can be replayed")
    func scans() async throws {
        try Scans.stone(rows: 2).write(to: folder("first.h5"))
        try Scans.stone(rows: 4, angles: 150).write(to: folder("second.h5"))
        for name in ["first", "second"] {
            try Program.succeed(
                "run", "--input", "\(name).h5", "--output", "\(name)-run.h5", "--log", "log", in: folder)
        }
        let scans = try await Recorded.scans(log: folder("log"))
        #expect(scans.map(\.scan.number) == [1, 2])
        #expect(scans.map(\.eventCount) == [200, 170])
        try Program.succeed("replay", "--log", "log", "--scan", "1", "--output", "one.h5", in: folder)
        try Program.succeed("replay", "--log", "log", "--scan", "2", "--output", "two.h5", in: folder)
        try Program.succeed("replay", "--log", "log", "--output", "last.h5", in: folder)
        #expect(try folder.data("one.h5") == folder.data("first-run.h5"))
        #expect(try folder.data("two.h5") == folder.data("second-run.h5"))
        #expect(try folder.data("last.h5") == folder.data("second-run.h5"))
        let absent = try Program.run("replay", "--log", "log", "--scan", "3", "--output", "three.h5", in: folder)
        #expect(absent.status == 64)
        #expect(absent.errorLines == ["error: the topic projections has no scan 3", "hint: it has 1, 2"])
    }
}
