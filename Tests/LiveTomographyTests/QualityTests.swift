import Foundation
import PenstockFormats
import PenstockTomography
import TestSupport
import Testing

@Suite struct QualityTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("windows are compared with those before or with a volume, and the figures are recorded and told")
    func figures() async throws {
        try Scans.stone(columns: 48, rows: 3, angles: 90, centre: 24).write(to: folder("scan.h5"))
        let options = ["run", "--input", "scan.h5", "--centre", "24", "--window", "45", "--every", "15"]
        let first = try Program.run(options + ["--quality", "--output", "v.h5", "--log", "first"], in: folder)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("quality of the last window against the window before: SSIM 0."))
        let compared = try await Recorded.events(WindowQuality.self, topic: "quality", log: folder("first"))
        // The middle slice has number 1; of windows before the last its pair is computed, slices 0 and 1.
        #expect(Set(compared.filter { $0.slice == 1 }.map(\.window)) == [1, 2, 3, 4, 5])
        #expect(compared.allSatisfy { $0.sliceCount == 3 && $0.ssim > -1 && $0.ssim < 1 && $0.signalToNoise > 0 })
        let second = try Program.run(
            options + ["--reference", "v.h5", "--output", "w.h5", "--log", "second"], in: folder)
        #expect(second.status == 0, "\(second.errors)")
        // The last window of the same scan is the reference itself.
        #expect(second.output.contains("quality of the last window against v.h5: SSIM 1.0, PSNR inf, RMSE 0.0, SNR "))
        #expect(try folder.data("v.h5") == folder.data("w.h5"))
    }

    @Test("what cannot be compared is refused")
    func refused() throws {
        try Scans.stone(columns: 48, rows: 3, angles: 30, centre: 24).write(to: folder("scan.h5"))
        let whole = try Program.run("run", "--input", "scan.h5", "--centre", "24", "--quality", in: folder)
        #expect(whole.status == 64 && whole.errors.contains("comparing windows needs windows that follow each other"))
        let both = try Program.run(
            "run", "--input", "scan.h5", "--window", "20", "--stop-when", "ssim>0.9", "--mark-when", "ssim>0.8",
            in: folder)
        #expect(both.status == 64)
        try Program.succeed(
            "run", "--input", "scan.h5", "--centre", "24", "--width", "20", "--output", "small.h5", in: folder)
        let small = try Program.run(
            "run", "--input", "scan.h5", "--centre", "24", "--reference", "small.h5", "--log", "other", in: folder)
        #expect(small.status == 65)
        #expect(
            small.errors.contains("small.h5: the reference does not fit: it is 3 x 20 x 20, and the slices are 48 x 48")
        )
        let planes = try Program.run("run", "--input", "scan.h5", "--planes", "x:3", in: folder)
        #expect(planes.status == 64 && planes.errors.contains("--planes says what --preview DIR shows: give both"))
    }

    @Test("a preview has the sinogram beside the slice, and planes along the axis have pictures of their own")
    func pictures() throws {
        try Scans.stone(columns: 48, rows: 4, angles: 40, centre: 24).write(to: folder("scan.h5"))
        let run = ["run", "--input", "scan.h5", "--centre", "24", "--preview", "p", "--planes", "x:20,y:30"]
        let outcome = try Program.run(run, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            folder.names(in: "p") == [
                "plane_00000_x_00020.png", "plane_00000_y_00030.png", "window_00000.png", "windows.csv",
            ])
        #expect(try PNGFile.read(folder("p/window_00000.png"), as: .rgb).columns == 2 * 192)
        #expect(try PNGFile.read(folder("p/plane_00000_x_00020.png"), as: .rgb).columns == 192)
        try Program.succeed(
            "replay", "--centre", "24", "--preview", "q", "--planes", "x:20,y:30", "--output", "r.h5", in: folder)
        for name in folder.names(in: "p") {
            #expect(try folder.data("p/\(name)") == folder.data("q/\(name)"), "\(name)")
        }
        #expect(try Program.run(run + ["--output", "z.h5"], in: folder).status != 0)
        #expect(try Program.run(run + ["--overwrite"], in: folder).status == 0)
    }
}
