import Foundation
import PenstockEvents
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct RunTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("a run gives what real-space back-projection gives of the exact line integrals, in value and in place")
    func volume() throws {
        let scan = Scans.stone(noise: 0)
        try scan.write(to: folder("scan.h5"))
        try Program.succeed("run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", in: folder)
        let volume = try Volume(folder("v.h5"))
        #expect(volume.slices.count == scan.rows && volume.size == scan.columns)
        let angles = scan.anglesDegrees.map { $0 * .pi / 180 }
        let reference = try FilteredBackProjection(
            columns: scan.columns, anglesRadians: angles, centre: scan.centre, filter: .shepp)
        for row in 0..<scan.rows {
            let truth = scan.truth(row: row)
            var exact = scan.phantom.slice(row: row)
            for index in exact.ellipses.indices { exact.ellipses[index].value *= scan.attenuationPerPixel }
            let plain = Score(
                reference.image(exact.sinogram(anglesRadians: angles, columns: scan.columns, centre: scan.centre)),
                truth,
                size: scan.columns, disk: 0.95)
            let ours = Score(volume.slices[row], truth, size: scan.columns, disk: 0.95)
            // Linear interpolation makes the real-space image a little smoother than ours.
            #expect(ours.error < 1.15 * plain.error, "row \(row): \(ours.error) and \(plain.error)")
            #expect(abs(ours.scale - plain.scale) < 0.02, "row \(row): \(ours.scale) and \(plain.scale)")
        }
    }

    @Test("the centre is found within half a pixel, and recorded", arguments: [44.6, 47.5, 50.3])
    func centre(_ column: Double) async throws {
        try Scans.stone(centre: column).write(to: folder("scan.h5"))
        try Program.succeed("run", "--input", "scan.h5", "--output", "v.h5", "--log", "log", in: folder)
        let recorded = try await Recorded.events(CentreUsed.self, topic: "centres", log: folder("log"))
        #expect(recorded.count == 1)
        #expect(recorded.first?.scan == 1)
        #expect(abs((recorded.first?.column ?? 0) - column) <= 0.5)
    }

    @Test("what differs between two runs stands beside the volume, not in it")
    func provenance() throws {
        try Scans.stone(rows: 2).write(to: folder("scan.h5"))
        try Program.succeed("run", "--input", "scan.h5", "--output", "a.h5", "--log", "one", in: folder)
        try FileManager.default.moveItem(atPath: folder("scan.h5"), toPath: folder("other.h5"))
        try Program.succeed(
            "run", "--input", "other.h5", "--output", "b.h5", "--log", "two", "--parallelism", "1", in: folder)
        #expect(try folder.data("a.h5") == folder.data("b.h5"))
        let document = try JSONSerialization.jsonObject(with: folder.data("a.h5.provenance.json")) as? [String: Any]
        #expect(document?["verb"] as? String == "run")
        #expect(document?["scan"] as? Int == 1)
        #expect(document?["host"] as? String == ProcessInfo.processInfo.hostName)
        #expect(document?["started"] is String && document?["ended"] is String)
        #expect((document?["source"] as? [String: String])?["source"] == "scan.h5")
        #expect((document?["parameters"] as? [String: String])?["filter"] == "shepp")
        #expect((document?["counts"] as? [String: Int])?["projections_acknowledged"] == 180)
        let file = try HDF5File(opening: folder("a.h5"))
        #expect(try file.attribute("filter", of: "/process/reconstruction") == .text("shepp"))
    }
}
