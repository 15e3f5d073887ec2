import Foundation
import TestSupport
import Testing

@testable import PenstockBatch

/// What is written down of files. The checksums are those of FIPS 180-4's examples, and of the empty file.
@Suite struct FileRecordTests {
    static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    static let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private let folder = try! TestFolder()

    private func record(_ path: String) -> FileRecord {
        var record = FileRecord("output", at: path, in: folder.path)
        record.addChecksums(in: folder.path)
        return record
    }

    @Test("a file has its path from the folder of the submission, its size and its checksum")
    func file() throws {
        try folder.write("abc", to: "volume.h5")
        let expected = FileRecord(option: "output", path: "volume.h5", kind: .file, bytes: 3, sha256: Self.abc)
        #expect(record("volume.h5") == expected)
        #expect(record("./volume.h5") == expected)
        #expect(record(folder("volume.h5")) == expected)
    }

    @Test("a checksum does not depend on the blocks that a file is read in")
    func blocks() throws {
        // One million letters a, the third example of the standard, is just below a block; twice the block is two.
        try folder.write(String(repeating: "a", count: 1_000_000), to: "million")
        #expect(record("million").sha256 == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        try folder.write(Data(count: (2 << 20) + 1), to: "blocks")
        let answer = try Python.run(
            "import sys, hashlib; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())", folder("blocks"))
        #expect(record("blocks").sha256 == answer)
    }

    @Test("a folder has its files, by path, and those of the folders in it")
    func folders() throws {
        for name in ["tiff", "tiff/b"] {
            try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
        }
        try folder.write("abc", to: "tiff/2.tif")
        try folder.write("", to: "tiff/10.tif")
        try folder.write("abc", to: "tiff/b/1.tif")
        let record = record("tiff")
        #expect(record.kind == .folder && record.bytes == 6 && record.sha256 == nil)
        #expect(record.parts?.map(\.path) == ["10.tif", "2.tif", "b/1.tif"])
        #expect(record.parts?.map(\.sha256) == [Self.nothing, Self.abc, Self.abc])
    }

    @Test("what is not there is said to be missing")
    func missing() {
        let record = record("nowhere.h5")
        #expect(record == FileRecord(option: "output", path: "nowhere.h5", kind: .missing))
    }

    @Test("a large input is not read once more, which its file says with null, unless its checksum is known")
    func largeInput() throws {
        let path = try folder.write("", to: "scan.h5")
        // A file with a hole: it takes no room on the disk.
        #expect(truncate(path, 1 << 30 + 1) == 0)
        for (known, expected) in [([:], nil), (["input": Self.abc], Self.abc)] {
            var files = RunFiles(
                inputs: [NamedPath("input", "scan.h5")], outputs: [], known: known, directory: folder.path)
            files.addChecksums(directory: folder.path)
            #expect(files.inputs.map(\.sha256) == [expected])
            let text = String(decoding: RunJSON.data(files), as: UTF8.self)
            #expect(text.contains("\"sha256\" : null") == (expected == nil))
            #expect(try RunJSON.value(RunFiles.self, from: Data(text.utf8), of: "") == files)
        }
    }
}
