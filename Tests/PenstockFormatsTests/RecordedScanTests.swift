import Foundation
import PenstockFormats
import TestSupport
import Testing

/// Reads scans of beamlines; shapes and values come from the documentation of the data.
@Suite(.enabled(if: SharedData.tomography.folder != nil, "\(SharedData.tomography.missing)"))
struct RecordedScanTests {
    @Test("a Data Exchange scan of the Advanced Photon Source opens")
    func dataExchange() throws {
        let file = try HDF5File(opening: SharedData.tomography.folder! + "/tooth.h5")
        let data = try file.dataset("/exchange/data")
        #expect(data.shape == [181, 2, 640])
        #expect(data.elementType == .f32)
        #expect(try file.dataset("/exchange/data_white").shape == [10, 2, 640])
        let theta = try file.readVector("/exchange/theta", as: Double.self)
        #expect(theta.count == 181)
        #expect(abs(theta[180] - 179.0055) < 1e-3)
        var row = [Float](repeating: 0, count: 640)
        try row.withUnsafeMutableBufferPointer { try data.read(Hyperslab(90..<91, 1..<2, 0..<640), into: $0) }
        #expect(row.allSatisfy { $0.isFinite && $0 > 0 })
    }

    @Test("TIFF projections of Diamond I13-2 open")
    func tiffStack() throws {
        let flat = try TIFFImage(opening: SharedData.tomography.folder! + "/i13_24737/flat_00001.tiff")
        #expect(flat.rows == 135 && flat.columns == 160 && flat.elementType == .f32)
        let stack = SharedData.tomography.folder! + "/i13_24737/tiffs/"
        let names = try FileManager.default.contentsOfDirectory(atPath: stack).sorted()
        #expect(names.count == 91)
        let image = try TIFFImage(opening: stack + names[0])
        #expect(image.rows == 135 && image.columns == 160 && image.elementType == .u16)
        var native = [UInt16](repeating: 0, count: image.pixelCount)
        var floats = [Float](repeating: 0, count: image.pixelCount)
        try native.withUnsafeMutableBufferPointer { try image.readNative(into: $0) }
        try floats.withUnsafeMutableBufferPointer { try image.read(into: $0) }
        #expect(floats == native.map { Float($0) })
        #expect(native.contains { $0 > 1000 })
    }
}
