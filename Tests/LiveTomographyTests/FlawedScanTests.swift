import Foundation
import PenstockFormats
import TestSupport
import Testing

/// Scans with flaws that a run goes on with: what becomes of them, and what is said.
@Suite struct FlawedScanTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let run = ["run", "--input", "scan.h5", "--output", "v.h5", "--overwrite", "--centre"]

    /// Makes a scan with a flaw and runs it.
    private func volume(
        _ scan: SyntheticScanOptions = .init(), _ options: [String] = [],
        change: (String, inout [UInt16]) -> Void = { _, _ in }
    ) throws -> (volume: Volume, warnings: [String], truth: [Float]) {
        let made = Scans.stone(
            columns: scan.columns, rows: scan.rows, angles: scan.angles, degrees: scan.degrees, centre: scan.centre,
            order: scan.order)
        try made.write(to: folder("made.h5"), overwrite: true)
        try? folder.remove("scan.h5")
        try Scans.change(folder("made.h5"), to: folder("scan.h5"), change)
        let outcome = try Program.run(Self.run + ["\(scan.centre)"] + options, in: folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return (try Volume(folder("v.h5")), outcome.errorLines, made.truth(row: min(1, scan.rows - 1)))
    }

    struct SyntheticScanOptions {
        var columns = 96
        var rows = 4
        var angles = 120
        var degrees = 180.0
        var centre = 50.3
        var order: @Sendable (Int) -> Int = { $0 }
    }

    private func correlation(_ result: (volume: Volume, warnings: [String], truth: [Float]), row: Int = 1) -> Double {
        Score(result.volume.slices[row], result.truth, size: result.volume.size, disk: 0.9).correlation
    }

    @Test("angles in any order give the image of those in order, up to rounding")
    func unsorted() throws {
        let sorted = try volume()
        let mixed = try volume(.init(order: { $0 * 49 % 120 }))
        #expect(mixed.warnings.isEmpty)
        // The noise of a projection goes with its number: with another order it is another.
        #expect(abs(correlation(mixed) - correlation(sorted)) < 0.01)
        #expect(correlation(sorted) > 0.9)
    }

    @Test("projections that come twice at an angle count half each")
    func repeated() throws {
        let twice = try volume(.init(angles: 240, degrees: 180, order: { $0 / 2 * 2 }))
        #expect(twice.warnings.isEmpty)
        let once = try volume()
        #expect(correlation(twice) > correlation(once) - 0.005)
        let scale = Score(twice.volume.slices[1], once.volume.slices[1], size: 96, disk: 0.9).scale
        #expect(abs(scale - 1) < 0.05, "\(scale)")
    }

    @Test("a scan that does not cover 180 degrees is reconstructed, and the gap is named")
    func gap() throws {
        let part = try volume(.init(angles: 100, degrees: 150))
        #expect(
            part.warnings == [
                "warning: the projections leave a gap of 31.5 degrees, from 148.5 to 180.0 (modulo 180): the image has "
                    + "artefacts along its directions"
            ])
        #expect(correlation(part) > 0.8)
    }

    @Test("dead columns and rows are interpolated, and named; other slices are hardly worse")
    func dead() throws {
        let whole = try volume()
        let dead = try volume { _, counts in
            for frame in 0..<counts.count / (4 * 96) {
                for row in 0..<4 {
                    for column in 0..<96 where row == 3 || column == 20 || column == 61 {
                        counts[(frame * 4 + row) * 96 + column] = 0
                    }
                }
            }
        }
        #expect(
            dead.warnings == [
                "warning: no flat is brighter than the darks in row 3, columns 20, 61 of the detector: values there are "
                    + "interpolated from the pixels beside them, and such slices show nothing of their own"
            ])
        #expect(correlation(dead) > correlation(whole) - 0.02)
        #expect(dead.volume.slices.joined().allSatisfy { $0.isFinite })
    }

    @Test("saturated pixels are counted and said")
    func saturated() throws {
        let saturated = try volume { name, counts in
            if name == "/exchange/data" {
                for index in stride(from: 5, to: counts.count, by: 4001) { counts[index] = .max }
            }
            if name == "/exchange/data_white" { counts[7] = .max }
        }
        #expect(saturated.warnings.count == 2)
        #expect(saturated.warnings.first?.hasPrefix("warning: the flats have 1 saturated pixel:") == true)
        #expect(saturated.warnings.last?.hasPrefix("warning: 12 projections have 12 saturated pixels,") == true)
        #expect(correlation(saturated) > 0.8)
    }

    @Test("counts that are not above the darks are the least transmission, and said")
    func dark() throws {
        let whole = try volume()
        func darken(_ name: String, _ counts: inout [UInt16]) {
            if name == "/exchange/data" { for column in 40..<44 { counts[(30 * 4 + 1) * 96 + column] = 0 } }
        }
        let dark = try volume(change: darken)
        #expect(
            dark.warnings == [
                "warning: 4 counts are not above the darks, in 1 projection: they are taken for the least transmission, and a "
                    + "larger --floor, such as 0.01, makes less of them"
            ])
        let floored = try volume(.init(), ["--floor", "0.1"], change: darken)
        #expect(floored.warnings == dark.warnings)
        #expect(correlation(dark) < correlation(floored) && correlation(floored) > correlation(whole) - 0.02)
    }

    @Test("widths and heights that are odd or prime", arguments: [(97, 3), (53, 1), (101, 5)])
    func prime(columns: Int, rows: Int) throws {
        let odd = try volume(.init(columns: columns, rows: rows, centre: Double(columns) / 2 + 1.3))
        #expect(odd.warnings.isEmpty)
        #expect(odd.volume.size == columns && odd.volume.slices.count == rows)
        #expect(correlation(odd, row: min(1, rows - 1)) > 0.85 || rows == 1)
    }

    @Test("projections missing in the middle are a gap in the angles")
    func missing() throws {
        try Scans.stone(rows: 2, angles: 120).write(to: folder("made.h5"))
        try Scans.copy(folder("made.h5"), projections: Array(0..<50) + Array(58..<120), to: folder("scan.h5"))
        let outcome = try Program.run(Self.run + ["50.3"], in: folder)
        #expect(outcome.status == 0)
        #expect(
            outcome.errorLines == [
                "warning: the projections leave a gap of 13.5 degrees, from 73.5 to 87.0 (modulo 180): the image has "
                    + "artefacts along its directions"
            ])
    }

    @Test(
        "a scan that was broken off is reconstructed from what there is: more angles than projections, or zeros behind them"
    )
    func brokenOff() throws {
        let made = Scans.stone(rows: 2, angles: 120)
        try made.write(to: folder("made.h5"))
        try Scans.copy(folder("made.h5"), projections: Array(0..<100), angles: 120, to: folder("scan.h5"))
        let short = try Program.run(Self.run + ["50.3"], in: folder)
        #expect(short.status == 0)
        #expect(
            short.errorLines.first
                == "warning: the scan has 100 projections and 20 angles more: it was taken as broken off, and the last angles "
                + "were left out")
        #expect(short.errorLines.count == 2 && short.errorLines[1].contains("a gap of 31.5 degrees"))
        let expected = try folder.data("v.h5")
        try folder.remove("scan.h5")
        try Scans.change(folder("made.h5"), to: folder("scan.h5")) { name, counts in
            if name == "/exchange/data" { for index in 100 * 2 * 96..<counts.count { counts[index] = 0 } }
        }
        let zeros = try Program.run(Self.run + ["50.3", "--no-checksum"], in: folder)
        #expect(zeros.status == 0)
        #expect(
            zeros.errorLines.contains(
                "warning: 20 projections between 100 and 119 are zero everywhere and were left out: was the scan broken off, "
                    + "or the beam away?"))
        let slices = try Volume(folder("v.h5")).slices
        try expected.write(to: URL(fileURLWithPath: folder("short.h5")))
        #expect(try Volume(folder("short.h5")).slices == slices)
    }

    @Test("a rotation centre outside of the detector is refused, with its columns")
    func centreOutside() throws {
        try Scans.stone(rows: 2, angles: 20).write(to: folder("scan.h5"))
        for centre in ["-3", "96"] {
            let outcome = try Program.run(
                ["run", "--input", "scan.h5", "--output", "v.h5", "--centre=\(centre)"], in: folder)
            #expect(outcome.status == 64)
            #expect(
                outcome.errorLines == [
                    "error: the rotation centre \(centre).0 is not on the detector, whose columns are 0 to 95",
                    "hint: columns are counted from 0; give --centre auto to have it found",
                ])
        }
    }
}
