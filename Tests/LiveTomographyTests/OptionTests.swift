import Foundation
import TestSupport
import Testing

/// What the program says of options that cannot be meant: the option, what it was given, and what it takes.
@Suite struct OptionTests {
    let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try Scans.stone(columns: 48, rows: 4, angles: 40, centre: 24).write(to: folder("scan.h5"))
    }

    private static let run = [
        "run", "--input", "scan.h5", "--output", "v.h5", "--overwrite", "--no-checksum", "--centre", "24",
    ]

    @Test("the help has the options in groups of one purpose, each with its title")
    func help() throws {
        let titles = [
            "INPUT:", "RECORDING:", "PREPARATION:", "WINDOWS:", "SLICES:", "RECONSTRUCTION:", "OUTPUT:", "PICTURES:",
            "QUALITY:", "RUNNING:",
        ]
        let lines = try Program.run("run", "--help", in: folder).output.split(separator: "\n").map(String.init)
        #expect(lines.filter { titles.contains($0) } == titles)
        let centre = try Program.run("centre", "--help", in: folder).output.split(separator: "\n").map(String.init)
        #expect(centre.filter { ["INPUT:", "PREPARATION:", "SEARCH:"].contains($0) }.count == 3)
    }

    @Test(
        "a number below zero is taken for the option's value, not for another option",
        arguments: [
            ("--window", "-5deg"), ("--every", "-15deg"), ("--rows", "-1"), ("--width", "-4"),
            ("--air", "-2"), ("--binning", "-2"), ("--zinger-threshold", "-1"), ("--floor", "-1"), ("--pace", "-1"),
            ("--follow", "-1"),
        ])
    func negative(option: String, value: String) throws {
        let outcome = try Program.run(Self.run + [option, value], in: folder)
        #expect(outcome.status == 64)
        #expect(outcome.errorLines.first?.contains(option) == true && outcome.errorLines.first?.contains(value) == true)
        #expect(outcome.errorLines.count == 2)
    }

    @Test("what cannot be reached or done is refused with the value that was given")
    func values() throws {
        for (options, line) in [
            (["--air", "0"], "--air takes a number of one or more, not 0"),
            (["--binning", "65"], "--binning must lie between 1 and 64, not at 65"),
            (["--tilt", "40"], "--tilt must lie between -15 and 15, not at 40.0"),
            (["--floor", "2"], "--floor must lie between 1e-30 and 1, not at 2.0"),
            (["--zinger-threshold", "nan"], "--zinger-threshold takes a transmission above 0, such as 0.15, not nan"),
            (["--width", "0"], "--width takes a number of one or more, not 0"),
            (["--angle-offset", "inf"], "--angle-offset must lie between -36000 and 36000, not inf"),
            (
                ["--window", "90deg", "--stop-when", "ssim>98"],
                "The value 'ssim>98' is invalid for '--stop-when <stop-when>'"
            ),
            (
                ["--window", "90deg", "--mark-when", "rmse<0"],
                "The value 'rmse<0' is invalid for '--mark-when <mark-when>'"
            ),
            (["--crop-rows", "0:9"], "projections of 4 x 48 pixels are too small for the crop to rows 0:9"),
            (["--crop-columns", "9:99"], "projections of 4 x 48 pixels are too small for the crop to columns 9:99"),
        ] {
            let outcome = try Program.run(Self.run + options, in: folder)
            #expect(outcome.status == 64)
            #expect(outcome.errorLines.first == "error: \(line)")
        }
        for (arguments, line) in [
            (["phantom", "--centre", "nan"], "--centre must lie on the detector, between 0 and 255, not at nan"),
            (["phantom", "--angles", "1"], "--angles must lie between 2 and 100000, not at 1"),
            (["steer", "--centre", "-4"], "--centre takes a column of the detector, counted from 0, not -4.0"),
            (["centre", "--input", "scan.h5", "--row", "-1"], "--row takes a number from 0, not -1"),
        ] {
            let outcome = try Program.run(arguments, in: folder)
            #expect(outcome.status == 64)
            #expect(outcome.errorLines.first == "error: \(line)")
        }
    }

    @Test("a window of more projections than the scan has is told of: 180 is not 180deg")
    func longWindow() throws {
        let outcome = try Program.run(Self.run + ["--window", "180"], in: folder)
        #expect(outcome.status == 0)
        #expect(
            outcome.output.contains(
                "\nno window was complete: the scan has 40 projections, --window asks for 180; half a turn is 180deg\n")
        )
        #expect(try !Program.run(Self.run + ["--window", "40"], in: folder).output.contains("complete"))
    }

    @Test("nothing that is read is replaced, by whatever name, and no output by another")
    func inputIsKept() throws {
        let scan = try folder.data("scan.h5")
        try FileManager.default.createDirectory(atPath: folder("data"), withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: folder("scan.h5"), toPath: folder("data/scan.h5"))
        try FileManager.default.createSymbolicLink(atPath: folder("link.h5"), withDestinationPath: "scan.h5")
        for (arguments, what) in [
            (
                ["run", "--input", "scan.h5", "--output", "./scan.h5"],
                "--output ./scan.h5 would take the place of --input scan.h5"
            ),
            (
                ["run", "--input", "link.h5", "--output", "scan.h5"],
                "--output scan.h5 would take the place of --input link.h5"
            ),
            (
                ["run", "--input", "data/scan.h5", "--tiff", "data"],
                "--tiff data would take the place of --input data/scan.h5"
            ),
            (
                ["run", "--input", "scan.h5", "--flats", "data/scan.h5", "--series", "data"],
                "--series data would take the place of --flats data/scan.h5"
            ),
            (
                ["run", "--input", "scan.h5", "--tiff", "t", "--series", "./t"],
                "--series and --tiff have the same name, t"
            ),
            (
                ["centre", "--input", "scan.h5", "--output", "scan.h5"],
                "--output scan.h5 would take the place of --input scan.h5"
            ),
            (
                ["centre", "--input", "data/scan.h5", "--tiff", "data"],
                "--tiff data would take the place of --input data/scan.h5"
            ),
        ] {
            let outcome = try Program.run(arguments + ["--overwrite"], in: folder)
            #expect(outcome.status == 64)
            #expect(outcome.errorLines.first == "error: \(what)")
        }
        #expect(try folder.data("scan.h5") == scan)
        #expect(try folder.data("data/scan.h5") == scan)
    }
}
