import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct ZarrTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// A value for each voxel by a formula that is easy to write in another language, exact in float32.
    private func voxel(_ z: Int, _ index: Int) -> Float { Float((z * 7919 + index * 104_729) % 65_537) }

    private func write(
        _ shape: [Int], to name: String, _ format: ZarrFormat, _ codec: ZarrCodec, order: [Int]? = nil
    ) throws {
        let pending = try PendingFolder(folder(name))
        var pyramid = try ZarrPyramid(
            creating: pending.temporaryPath, shape: shape, name: "stone", format: format, codec: codec,
            attributes: ["filter": "shepp", "note": "a \"quote\"\n"])
        for z in order ?? Array(0..<shape[0]) {
            let pixels = (0..<shape[1] * shape[2]).map { voxel(z, $0) }
            try pixels.withUnsafeBufferPointer { try pyramid.write(slice: z, $0) }
        }
        try pyramid.finish()
        try pending.commit()
    }

    private func json(_ name: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: folder.data(name)) as? [String: Any])
    }

    /// A JSON document with sorted keys and no spaces.
    private func plain(_ document: Data) throws -> String {
        let object = try JSONSerialization.jsonObject(with: document)
        return String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
    }

    private func isSame(_ name: String, _ expected: String) throws -> Bool {
        try plain(folder.data(name)) == plain(Data(expected.utf8))
    }

    private func floats(_ name: String) throws -> [Float] {
        try folder.data(name).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test(
        "zarr-python reads the volume and its coarser copies, in both versions and with every codec",
        .enabled(if: Python.hasZarr, "\(Python.zarrMissing)"), arguments: ZarrFormat.allCases, ZarrCodec.allCases)
    func readByPython(format: ZarrFormat, codec: ZarrCodec) throws {
        // Odd extents, several layers of chunks, and more than one chunk along a row of the finest array only.
        try write([11, 5, 259], to: "v.zarr", format, codec)
        let program = """
            import sys, warnings, numpy as np
            warnings.simplefilter("ignore")
            import zarr
            nz, ny, nx = 11, 5, 259
            index = np.arange(ny * nx)
            v = np.stack([((z * 7919 + index * 104729) % 65537).reshape(ny, nx) for z in range(nz)]).astype("f8")
            p = np.pad(v, [(0, n % 2) for n in v.shape], mode="edge")
            half = p.reshape(6, 2, 3, 2, 130, 2).mean((1, 3, 5))
            g = zarr.open_group(sys.argv[1], mode="r")
            print(g.metadata.zarr_format, sorted(g.keys()), g["0"].dtype, g["0"].shape, g["0"].chunks, g["1"].shape)
            print(np.array_equal(g["0"][:], v), np.array_equal(g["1"][:], half), g.attrs["process"]["note"] == 'a "quote"\\n')
            """
        let said = try Python.run(program, folder("v.zarr"))
        #expect(
            said == """
                \(format) ['0', '1'] float32 (11, 5, 259) (8, 5, 256) (6, 3, 130)
                True True True
                """)
    }

    @Test("chunks hold their part of the volume in C order, and zeros beyond its edge", arguments: ZarrFormat.allCases)
    func chunks(format: ZarrFormat) throws {
        try write([9, 3, 300], to: "v.zarr", format, .none)
        let prefix = format == .v2 ? "v.zarr/0/" : "v.zarr/0/c/"
        let corner = try floats(prefix + "1/0/1")
        // 8 slices of which one is there, 3 rows, 256 columns of which 300 - 256 are.
        #expect(corner.count == 8 * 3 * 256)
        for place in corner.indices {
            let (slice, row, column) = (place / (3 * 256), place / 256 % 3, place % 256)
            let expected = slice == 0 && column < 44 ? voxel(8, row * 300 + 256 + column) : 0
            #expect(corner[place] == expected, "\(place)")
        }
        #expect(folder.names(in: prefix + "1/0") == ["0", "1"])
        #expect(folder.names(in: prefix + "2").isEmpty)
    }

    @Test("a coarser voxel is the mean of those that it stands for, and lies in their middle")
    func pyramid() throws {
        try write([3, 2, 600], to: "v.zarr", .v3, .none)
        let attributes = try json("v.zarr/zarr.json")["attributes"] as? [String: Any]
        let images = (attributes?["ome"] as? [String: Any])?["multiscales"] as? [[String: Any]]
        let datasets = try #require(images?.first?["datasets"] as? [[String: Any]])
        // 600 columns need 3 chunks, 300 need 2, 150 one.
        #expect(datasets.map { $0["path"] as? String } == ["0", "1", "2"])
        let last = try #require(datasets[2]["coordinateTransformations"] as? [[String: Any]])
        // Of 2 rows, one is left after the first step: the second step leaves it as it is.
        #expect(last[0]["type"] as? String == "scale" && last[0]["scale"] as? [Double] == [4, 2, 4])
        #expect(
            last[1]["type"] as? String == "translation" && last[1]["translation"] as? [Double] == [1.5, 0.5, 1.5])
        let coarse = try floats("v.zarr/1/c/0/0/1")
        // Slices 0 and 1, both rows, columns 2 k and 2 k + 1 for k = 256.
        let eight = [0, 1].flatMap { z in [512, 513, 1112, 1113].map { voxel(z, $0) } }
        #expect(coarse[0] == eight.reduce(0, +) / 8)
        // Slice 2 has no partner.
        #expect(coarse[256] == [512, 513, 1112, 1113].map { voxel(2, $0) }.reduce(0, +) / 4)
    }

    @Test("metadata say what the specifications ask for")
    func metadata() throws {
        try write([2, 3, 4], to: "two.zarr", .v2, .gzip)
        try write([2, 3, 4], to: "three.zarr", .v3, .zstd)
        #expect(folder.names(in: "two.zarr") == [".zattrs", ".zgroup", "0"])
        #expect(try isSame("two.zarr/.zgroup", #"{"zarr_format": 2}"#))
        #expect(
            try isSame(
                "two.zarr/0/.zarray",
                #"""
                {"zarr_format": 2, "shape": [2, 3, 4], "chunks": [2, 3, 4], "dtype": "<f4", "fill_value": 0,
                 "order": "C", "filters": null, "dimension_separator": "/", "compressor": {"id": "gzip", "level": 5}}
                """#))
        #expect(try isSame("two.zarr/0/.zattrs", #"{"_ARRAY_DIMENSIONS": ["z", "y", "x"]}"#))
        let image = (try json("two.zarr/.zattrs")["multiscales"] as? [[String: Any]])?.first
        #expect(image?["version"] as? String == "0.4" && image?["name"] as? String == "stone")
        #expect(folder.names(in: "three.zarr") == ["0", "zarr.json"])
        #expect(
            try isSame(
                "three.zarr/0/zarr.json",
                #"""
                {"zarr_format": 3, "node_type": "array", "shape": [2, 3, 4], "data_type": "float32", "fill_value": 0,
                 "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3, 4]}},
                 "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                 "codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                            {"name": "zstd", "configuration": {"level": 1, "checksum": false}}],
                 "attributes": {}, "dimension_names": ["z", "y", "x"]}
                """#))
        // Signatures of gzip (RFC 1952) and of a Zstandard frame (RFC 8878).
        #expect(try folder.data("two.zarr/0/0/0/0").prefix(2) == Data([0x1f, 0x8b]))
        #expect(try folder.data("three.zarr/0/c/0/0/0").prefix(4) == Data([0x28, 0xb5, 0x2f, 0xfd]))
    }

    @Test("the order in which slices come makes no difference to the bytes")
    func order() throws {
        try write([10, 2, 270], to: "a.zarr", .v2, .zstd)
        try write([10, 2, 270], to: "b.zarr", .v2, .zstd, order: (0..<10).map { $0 * 7 % 10 })
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder("a.zarr")).sorted()
        #expect(files.count > 8)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder("b.zarr")).sorted() == files)
        for file in files {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder("a.zarr/\(file)"), isDirectory: &isFolder)
            if !isFolder.boolValue { #expect(try folder.data("a.zarr/\(file)") == folder.data("b.zarr/\(file)")) }
        }
    }

    @Test("slices that never came count as 0")
    func missing() throws {
        try write([3, 1, 2], to: "v.zarr", .v2, .none, order: [0, 2])
        #expect(try floats("v.zarr/0/0/0/0") == [voxel(0, 0), voxel(0, 1), 0, 0, voxel(2, 0), voxel(2, 1)])
    }

    @Test("a full disk is told", .enabled(if: MemoryDisk.isPossible, "\(MemoryDisk.impossible)"))
    func full() throws {
        let disk = try MemoryDisk("size=64k", at: folder("disk"))
        defer { disk.unmount() }
        #expect(formatError { try write([1, 256, 256], to: "disk/v.zarr", .v2, .none) }?.code == .diskFull)
        #expect(folder.names(in: "disk").isEmpty)
    }
}
