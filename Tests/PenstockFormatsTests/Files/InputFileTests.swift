import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct InputFileTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("what a file is, its first bytes say")
    func kinds() throws {
        try [Float(1)].withUnsafeBufferPointer { try TIFFFile.write($0, rows: 1, columns: 1, to: folder("a.h5")) }
        let file = try HDF5File(creating: folder("a.tiff"))
        try file.close()
        #expect(try FileKind(of: folder("a.h5")) == .tiff)
        #expect(try FileKind(of: folder("a.tiff")) == .hdf5)
        #expect(try FileKind(of: folder.path) == .folder)
        // Big-endian TIFF and both kinds of BigTIFF, by their signatures.
        for start in [[0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43]] as [[UInt8]] {
            #expect(try FileKind(of: folder.write(start + [0, 0, 0, 8], to: "signature")) == .tiff)
        }
        // The user block of HDF5: MATLAB writes one of 512 bytes.
        for block in [512, 1024, 2048] {
            let bytes = try [UInt8](repeating: 32, count: block) + folder.data("a.tiff")
            #expect(try FileKind(of: folder.write(bytes, to: "block.mat")) == .hdf5)
        }
        #expect(try FileKind(of: folder.write("", to: "empty")) == .other)
        #expect(try FileKind(of: folder.write(String(repeating: "text ", count: 500), to: "text")) == .other)
        #expect(formatError { _ = try FileKind(of: folder("absent")) }?.code == .notFound)
    }

    @Test("lines end as on any system, and what is no text is refused")
    func lines() throws {
        #expect(try TextFile.lines(of: folder.write("1\r\n\n 2\n", to: "list")) == ["1", "", " 2", ""])
        #expect(
            formatError { _ = try TextFile.lines(of: folder.write([0xff, 0xfe, 0], to: "bytes")) }?.code == .wrongFormat
        )
        #expect(formatError { _ = try TextFile.lines(of: folder("absent")) }?.code == .notFound)
    }
}
