import Foundation
import PenstockEvents
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct OpenScanTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Frames of 2 x 3 pixels in an NXtomo entry; every pixel of frame k is k + 1.
    private func nexus(
        _ keys: [Int32], entry: String = "/entry1/tomo_entry", angles: [Double]? = nil, units: String? = "degree",
        definition: String = "NXtomo", to name: String = "scan.nxs"
    ) throws -> String {
        let file = try HDF5File(creating: folder(name))
        try file.write(definition, to: entry + "/definition")
        let data = entry + "/instrument/detector/data"
        try file.createDataset(data, shape: [keys.count, 2, 3], of: .u16)
            .writeAll(keys.indices.flatMap { [UInt16](repeating: UInt16($0 + 1), count: 6) })
        try file.write(keys, to: entry + "/instrument/detector/image_key")
        let angle = entry + "/sample/rotation_angle"
        try file.write(angles ?? keys.indices.map { 10 * Double($0) }, to: angle)
        if let units { try file.setAttribute("units", of: angle, to: .text(units)) }
        try file.close()
        return folder(name)
    }

    private func tiff(_ values: [UInt16], rows: Int = 2, columns: Int = 3, _ name: String) throws {
        let path = folder(name)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try values.withUnsafeBufferPointer { try TIFFFile.write($0, rows: rows, columns: columns, to: path) }
    }

    private func open(_ path: String, _ change: (inout ScanFile.Options) -> Void = { _ in }) throws -> OpenScan {
        var options = ScanFile.Options()
        change(&options)
        return try OpenScan(path, options)
    }

    /// The kind and the first pixel of every frame, in the order in which they are read.
    private func frames(_ scan: OpenScan) throws -> [String] {
        var counts: [FrameKind: Int] = [:]
        return try scan.sections.indices.flatMap { number in
            let section = scan.sections[number]
            let payloads = try scan.read(
                number, 0..<section.range.count, firstIndex: counts[section.kind, default: 0])
            counts[section.kind, default: 0] += payloads.count
            return payloads.map { "\(section.kind) \($0.withValues(of: UInt16.self) { $0[0] })" }
        }
    }

    private func failure(_ body: () throws -> Void) -> FormatError? {
        do { try body() } catch { return error as? FormatError }
        return nil
    }

    @Test(
        "frames of an NXtomo entry keep their place in the scan, and invalid ones are left out",
        arguments: [
            "/entry", "/entry1/tomo_entry",
        ])
    func nxtomo(entry: String) throws {
        let scan = try open(nexus([2, 1, 1, 0, 0, 3, 1, 0, 2], entry: entry))
        #expect(scan.rows == 2 && scan.columns == 3)
        #expect(
            try frames(scan) == [
                "dark 1", "flat 2", "flat 3", "projection 4", "projection 5", "flat 7", "projection 8", "dark 9",
            ])
        #expect(scan.anglesDegrees == [30, 40, 70])
        let properties = try scan.properties()
        #expect(properties["projections"] == "3" && properties["flats"] == "3" && properties["darks"] == "2")
    }

    @Test("flats and darks that come only behind projections are read before them")
    func late() throws {
        let scan = try open(nexus([0, 0, 1, 1, 2, 0, 1]))
        #expect(
            try frames(scan) == [
                "dark 5", "flat 3", "flat 4", "projection 1", "projection 2", "projection 6", "flat 7",
            ])
        #expect(scan.anglesDegrees == [0, 10, 50])
    }

    @Test("the unit of the angles of an NXtomo entry is that of its attribute, and what is given goes before it")
    func units() throws {
        let path = try nexus([1, 0, 0], angles: [0, 0, .pi / 2], units: "rad")
        #expect(try open(path).anglesDegrees == [0, 90])
        #expect(try open(path).properties()["angle_unit"] == "rad, converted to degrees")
        #expect(try open(path) { $0.angleUnit = .degrees }.anglesDegrees == [0, .pi / 2])
        #expect(try open(path) { $0.angleOffsetDegrees = -30 }.anglesDegrees == [-30, 60])
    }

    @Test("an NXtomo entry without angles takes those of a list")
    func listedAngles() throws {
        let file = try HDF5File(creating: folder("list.nxs"))
        try file.write("NXtomo", to: "/entry/definition")
        try file.createDataset("/entry/instrument/detector/data", shape: [3, 2, 3], of: .u16).writeAll(
            (0..<18).map { UInt16($0 + 1) })
        try file.write([1, 0, 0] as [Int32], to: "/entry/instrument/detector/image_key")
        try file.close()
        let none = failure { _ = try open(folder("list.nxs")) }
        #expect(none?.summary.hasSuffix("there are no angles") == true)
        try folder.write("0\n90\n", to: "list.txt")
        let listed = try open(folder("list.nxs")) { $0.angles = AngleList(folder("list.txt")) }
        #expect(listed.anglesDegrees == [0, 90])
    }

    @Test("what comes before a projection is cut there, and other flats stand in front of a scan's own projections")
    func growingSections() throws {
        let scan = try open(nexus([2, 1, 0, 0, 1, 0, 0]))
        #expect(scan.sections.frameCount == 7)
        #expect(scan.sections.first(projections: 3).map(\.range) == [0..<1, 1..<2, 2..<4, 4..<5, 5..<6])
        #expect(scan.sections.first(projections: 2).map(\.range) == [0..<1, 1..<2, 2..<4, 4..<5])
        #expect(scan.sections.first(projections: 1).map(\.range) == [0..<1, 1..<2, 2..<3])
        var others = OtherFrames()
        others.add([scan.sections[1]], of: .flat)
        #expect(others.replace(in: scan.sections).map(\.kind) == [.flat, .dark, .projection, .projection])
    }

    @Test("NXtomo entries with fields that do not fit are refused by name")
    func wrongNexus() throws {
        let key = failure { _ = try open(nexus([1, 0, 7])) }
        #expect(key?.object == "/entry1/tomo_entry/instrument/detector/image_key")
        #expect(key?.summary.hasSuffix("the image key of frame 2 is 7") == true)
        try folder.remove("scan.nxs")
        let angles = failure { _ = try open(nexus([1, 0, 0], angles: [0, 1])) }
        #expect(angles?.summary.hasSuffix("rotation_angle: there are 2 angles for 3 frames") == true)
        try folder.remove("scan.nxs")
        #expect(failure { _ = try open(nexus([1, 1, 0])) }?.summary.hasSuffix("there is only one projection") == true)
        try folder.remove("scan.nxs")
        #expect(failure { _ = try open(nexus([2, 0, 0])) }?.summary.hasSuffix("there are no flats") == true)
        try folder.remove("scan.nxs")
        let other = failure { _ = try open(nexus([1, 0, 0], definition: "NXxas")) }
        #expect(other?.code == .wrongFormat)
        #expect(other?.summary.hasSuffix("holds neither a Data Exchange scan nor an NXtomo entry") == true)
        #expect(other?.hint?.hasSuffix("this file holds entry1") == true)
    }

    @Test("TIFF images are projections of a folder or of pages, with flats, darks and angles beside them")
    func tiffStack() throws {
        for number in 8...11 { try tiff([UInt16](repeating: UInt16(number), count: 6), "raw/p_\(number).tif") }
        try tiff([UInt16](repeating: 90, count: 6), "flat.tif")
        try tiff([UInt16](repeating: 3, count: 6), "dark/d1.tif")
        try tiff([UInt16](repeating: 4, count: 6), "dark/d2.tif")
        try folder.write("0\n0\n45\n90\n135\n180\n", to: "angles.txt")
        let scan = try open(folder("raw")) {
            $0.flats = folder("flat.tif")
            $0.darks = folder("dark")
            $0.angles = AngleList(folder("angles.txt"), lines: 2...5)
            $0.takesChecksum = true
        }
        #expect(
            try frames(scan) == [
                "dark 3", "dark 4", "flat 90", "projection 8", "projection 9", "projection 10", "projection 11",
            ])
        #expect(scan.anglesDegrees == [0, 45, 90, 135])
        let files =
            (8...11).map { folder("raw/p_\($0).tif") }
            + ["flat.tif", "dark/d1.tif", "dark/d2.tif", "angles.txt"]
            .map { folder($0) }
        #expect(try scan.properties()["sha256"] == FileChecksum.sha256(files))
        // Flats of an HDF5 file take the place of those of the input, too.
        let mixed = try open(folder("raw")) {
            $0.flats = try? nexus([1, 0, 1, 2])
            $0.angles = AngleList(folder("angles.txt"), lines: 2...5)
        }
        #expect(try frames(mixed).prefix(3) == ["flat 1", "flat 3", "projection 8"])
    }

    @Test("what is missing beside TIFF images, or does not fit them, is said")
    func wrongStack() throws {
        for number in 1...3 { try tiff([UInt16](repeating: UInt16(number), count: 6), "raw/p_\(number).tif") }
        try tiff([UInt16](repeating: 90, count: 8), rows: 2, columns: 4, "wide.tif")
        try tiff([UInt16](repeating: 90, count: 6), "flat.tif")
        try folder.write("0\n60\n120\n", to: "angles.txt")
        let list = AngleList(folder("angles.txt"))
        #expect(failure { _ = try open(folder("raw")) }?.hint?.hasSuffix("give --flats FILE") == true)
        let angles = failure { _ = try open(folder("raw")) { $0.flats = folder("flat.tif") } }
        #expect(angles?.summary == "\(folder("raw")): there are no angles")
        #expect(angles?.hint == "give --angles FILE with an angle on each line")
        let wide = failure { _ = try open(folder("raw")) { ($0.flats, $0.angles) = (folder("wide.tif"), list) } }
        #expect(wide?.summary == "\(folder("wide.tif")): frames are 2 x 4, but the projections are 2 x 3")
        let none = failure { _ = try open(folder("raw")) { $0.flats = try? nexus([0, 0, 2]) } }
        #expect(none?.summary == "\(folder("scan.nxs")): there are no flats in it")
        let short = failure {
            _ = try open(folder("raw")) {
                ($0.flats, $0.angles) = (folder("flat.tif"), AngleList(folder("angles.txt"), lines: 1...2))
            }
        }
        #expect(short?.summary == "\(folder("angles.txt")): there are 2 angles for 3 projections")
    }

    @Test("pixels that are no numbers are named by the number of their frame in the scan")
    func nonFinite() throws {
        let file = try HDF5File(creating: folder("scan.nxs"))
        try file.write("NXtomo", to: "/entry/definition")
        var values = [Double](repeating: 1, count: 4 * 6)
        values[3 * 6 + 4] = .infinity
        try file.createDataset("/entry/data/data", shape: [4, 2, 3], of: .f64).writeAll(values)
        // As links that writers leave in the group `data`.
        try file.write([1, 0, 3, 0] as [Int32], to: "/entry/data/image_key")
        try file.write([0, 0, 0, 90] as [Double], to: "/entry/data/rotation_angle")
        try file.close()
        let refused = failure { _ = try frames(open(folder("scan.nxs"))) }
        #expect(
            refused?.summary.hasSuffix(
                "/entry/data/data: projection 1 has a pixel that is NaN or infinite, in row 1, column 1") == true)
        #expect(try open(folder("scan.nxs")) { $0.allowsNonFinite = true }.anglesDegrees == [0, 90])
    }
}
