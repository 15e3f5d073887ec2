import Foundation
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct TiltTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let (rows, columns, angles) = (24, 96, 120)

    /// A scan of a rod, the same in each row, whose axis leans: each row has a centre of its own.
    private func write(degrees: Double) throws -> [Float] {
        let middle = Double(Self.rows - 1) / 2
        let scans = (0..<Self.rows).map { row in
            Scans.stone(
                columns: Self.columns, rows: 5, angles: Self.angles,
                centre: 50.3 + (Double(row) - middle) * tan(degrees * .pi / 180), noise: 0)
        }
        func frames(
            _ count: Int, _ name: String, _ file: borrowing HDF5File, _ frame: (SyntheticScan, Int) -> [UInt16]
        ) throws {
            try file.createDataset(name, shape: [count, Self.rows, Self.columns], of: .u16)
                .writeAll((0..<count).flatMap { index in scans.flatMap { frame($0, index) } })
        }
        let file = try HDF5File(creating: folder("scan.h5"))
        try frames(Self.angles, "/exchange/data", file) { $0.projection($1, rows: 2..<3) }
        try frames(1, "/exchange/data_white", file) { $0.flat($1, rows: 2..<3) }
        try frames(1, "/exchange/data_dark", file) { $0.dark($1, rows: 2..<3) }
        try file.write(scans[0].anglesDegrees, to: "/exchange/theta")
        try file.close()
        return scans[0].truth(row: 2)
    }

    @Test(
        "an axis that leans is set upright: all slices become nearly as good as that in the middle",
        arguments: [5.0, -4])
    func tilt(degrees: Double) throws {
        let truth = try write(degrees: degrees)
        func errors(_ options: [String]) throws -> [Double] {
            let outcome = try Program.run(
                ["run", "--input", "scan.h5", "--output", "v.h5", "--centre", "50.3", "--overwrite"] + options,
                in: folder)
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try Volume(folder("v.h5")).slices.map {
                Score($0, truth, size: Self.columns, disk: 0.9).relativeError
            }
        }
        let leaning = try errors([])
        let upright = try errors(["--tilt", "\(degrees)"])
        let best = leaning[Self.rows / 2]
        #expect(leaning[0] > 4 * best && leaning[Self.rows - 1] > 4 * best, "\(leaning)")
        // Interpolation takes a little sharpness.
        #expect(upright.allSatisfy { $0 < 1.5 * best }, "\(upright)")
        #expect(try Program.run(["run", "--input", "scan.h5", "--tilt", "20"], in: folder).status == 64)
    }
}
