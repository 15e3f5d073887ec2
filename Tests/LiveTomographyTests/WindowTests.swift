import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct WindowTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let turns = (angles: 540, degrees: 540.0)

    private func found(_ volume: String) throws -> [String: String] {
        let document =
            try JSONSerialization.jsonObject(with: folder.data(volume + ".provenance.json")) as? [String: Any]
        return document?["found"] as? [String: String] ?? [:]
    }

    private func image(_ path: String) throws -> [Float] {
        let image = try TIFFImage(opening: folder(path))
        var pixels = [Float](repeating: 0, count: image.pixelCount)
        try pixels.withUnsafeMutableBufferPointer { try image.read(into: $0) }
        return pixels
    }

    /// The slices of a window in the folder of TIFF images.
    private func slices(window: String) throws -> [[Float]] {
        try folder.names(in: window).map { try image("\(window)/\($0)") }
    }

    @Test(
        "three half turns give 36 windows of 180 degrees, each as if it were a scan of its own, the growing ones marked"
    )
    func angles() throws {
        try Scans.stone(rows: 3, angles: Self.turns.angles, degrees: Self.turns.degrees).write(to: folder("scan.h5"))
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--window", "180deg", "--every",
            "15deg",
            "--tiff", "slices", "--preview", "pictures", in: folder)
        #expect(
            folder.names() == ["penstock-log", "pictures", "scan.h5", "slices", "v.h5", "v.h5.provenance.json"])
        let names = (0..<36).map { "window_000" + ($0 < 10 ? "0\($0)" : "\($0)") }
        #expect(folder.names(in: "slices") == names)
        #expect(folder.names(in: "slices/window_00000") == (0..<3).map { "recon_0000\($0).tiff" })
        #expect(folder.names(in: "pictures") == names.map { $0 + ".png" } + ["windows.csv", "windows.png"])
        let facts = try found("v.h5")
        #expect(facts["windows"] == "36")
        #expect(facts["projections_in_last_window"] == "180")
        #expect(facts["last_window_is_complete"] == "true")
        // One projection a degree; window k ends before 15 (k + 1) degrees.
        let expected = (0..<36).map { k in
            let end = 15 * (k + 1)
            let start = max(0, end - 180)
            return "\(names[k]).png,\(end - start),\(start).0,\(end - 1).0,\(end < 180 ? "no" : "yes")"
        }
        let table = try folder.text("pictures/windows.csv").split(separator: "\n").map(String.init)
        #expect(table == ["picture,projections,first_angle,last_angle,complete"] + expected)
        for (window, range) in [(5, 0..<90), (20, 135..<315), (35, 360..<540)] {
            try Scans.copy(folder("scan.h5"), projections: range, to: folder("part.h5"))
            try Program.succeed(
                "run", "--input", "part.h5", "--output", "part-volume.h5", "--centre", "50.3", "--log", "part",
                in: folder)
            #expect(try slices(window: "slices/\(names[window])") == Volume(folder("part-volume.h5")).slices)
            for name in ["part.h5", "part-volume.h5"] { try folder.remove(name) }
        }
        #expect(try Volume(folder("v.h5")).slices == slices(window: "slices/\(names[35])"))
    }

    @Test("windows of the latest projections hold as many as was asked for, also in golden-angle order")
    func latest() throws {
        // 34 = F(9) and 55 = F(10): multiples of 34/55 turns are spread evenly over the half turn.
        try Scans.stone(rows: 2, angles: 165, degrees: 180, order: { $0 * 102 % 165 }).write(to: folder("scan.h5"))
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--window", "100", "--every", "20",
            "--preview", "p", in: folder)
        let table = try folder.text("p/windows.csv").split(separator: "\n").dropFirst()
        // After 20, 40, ... 160 projections, and at the end of the scan.
        #expect(
            table.map { $0.split(separator: ",")[1] } == ["20", "40", "60", "80", "100", "100", "100", "100", "100"])
        #expect(table.map { $0.hasSuffix(",yes") } == [false, false, false, false, true, true, true, true, true])
        try Scans.copy(folder("scan.h5"), projections: 65..<165, to: folder("part.h5"))
        try Program.succeed(
            "run", "--input", "part.h5", "--output", "expected.h5", "--centre", "50.3", "--log", "part", in: folder)
        #expect(try folder.data("v.h5").count == folder.data("expected.h5").count)
        #expect(try Volume(folder("v.h5")).slices == Volume(folder("expected.h5")).slices)
    }

    @Test("a window over the angle refuses angles that go back, and says what works instead")
    func golden() throws {
        try Scans.stone(rows: 2, angles: 55, order: { $0 * 34 % 55 }).write(to: folder("scan.h5"))
        let run = ["run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3"]
        let refused = try Program.run(run + ["--window", "180deg"], in: folder)
        #expect(refused.status == 65)
        let angle = 180.0 * Double(68 % 55) / 55
        #expect(
            refused.errorLines == [
                "error: the angle goes back at projection 2, to \(angle) degrees",
                "hint: a window over the angle needs a steadily turning stage; use the latest projections (--window 377) "
                    + "or the whole scan",
            ])
        #expect(folder.names() == ["penstock-log", "scan.h5"])
        // What was recorded is there for a window that fits.
        try Program.succeed("replay", "--output", "v.h5", "--centre", "50.3", in: folder)
        #expect(try found("v.h5")["projections_in_last_window"] == "55")
    }

    @Test("a stage that turns backwards gives the windows of one that turns forwards")
    func descending() throws {
        let scan = Scans.stone(rows: 2, angles: 360, degrees: 360, order: { 359 - $0 })
        try scan.write(to: folder("scan.h5"))
        try Program.succeed(
            "run", "--input", "scan.h5", "--output", "v.h5", "--window", "180deg", "--preview", "p", in: folder)
        let facts = try found("v.h5")
        #expect(facts["windows"] == "24")
        #expect(facts["projections_in_last_window"] == "180")
        #expect(abs((facts["rotation_centre"].flatMap(Double.init) ?? 0) - Scans.centre) <= 0.5)
        #expect(try folder.text("p/windows.csv").hasSuffix("window_00023.png,180,0.0,179.0,yes\n"))
        let volume = try Volume(folder("v.h5"))
        for row in 0..<2 {
            #expect(Score(volume.slices[row], scan.truth(row: row), size: scan.columns, disk: 0.95).correlation > 0.95)
        }
    }
}
