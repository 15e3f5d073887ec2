import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct PendingFolderTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func writeSlice(_ output: borrowing PendingFolder, _ name: String) throws {
        let pixels: [Float] = [1, 2, 3, 4]
        try pixels.withUnsafeBufferPointer {
            try TIFFFile.write($0, rows: 2, columns: 2, to: output.temporaryPath + "/" + name)
        }
    }

    @Test("a committed folder appears with all its files")
    func commit() throws {
        let output = try PendingFolder(folder("stack/"))
        try writeSlice(output, "recon_00000.tiff")
        try writeSlice(output, "recon_00001.tiff")
        #expect(folder.names() == [".stack.partial-\(getpid())"])
        try output.commit()
        #expect(folder.names() == ["stack"])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder("stack")).sorted()
        #expect(files == ["recon_00000.tiff", "recon_00001.tiff"])
    }

    @Test("a folder that is not committed vanishes with its files")
    func abort() throws {
        do {
            let output = try PendingFolder(folder("stack"))
            try writeSlice(output, "recon_00000.tiff")
        }
        #expect(folder.names() == [])
    }

    @Test("an existing folder is refused at the beginning and at the end, also where it is empty")
    func exists() throws {
        let output = try PendingFolder(folder("stack"))
        try writeSlice(output, "recon_00000.tiff")
        try FileManager.default.createDirectory(atPath: folder("stack"), withIntermediateDirectories: false)
        #expect(formatError { _ = try PendingFolder(folder("stack")) }?.code == .exists)
        var failure: FormatError?
        do throws(FormatError) { try output.commit() } catch { failure = error }
        #expect(failure?.code == .exists)
        #expect(folder.names() == ["stack"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("stack")) == [])
    }

    @Test("folders inside appear, and vanish, with the whole")
    func nested() throws {
        for commits in [false, true] {
            let output = try PendingFolder(folder("stack"))
            try FileManager.default.createDirectory(
                atPath: output.temporaryPath + "/window_00000", withIntermediateDirectories: false)
            try writeSlice(output, "window_00000/recon_00000.tiff")
            if commits { try output.commit() }
        }
        #expect(folder.names() == ["stack"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder("stack/window_00000")) == ["recon_00000.tiff"])
    }

    @Test("an existing folder is replaced whole where that was asked for, and a file never")
    func overwrite() throws {
        try FileManager.default.createDirectory(atPath: folder("stack/old"), withIntermediateDirectories: true)
        let output = try PendingFolder(folder("stack"), overwrites: true)
        try writeSlice(output, "new.tiff")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("stack")) == ["old"])
        try output.commit()
        #expect(folder.names() == ["stack"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("stack")) == ["new.tiff"])
        let file = try folder.write("text", to: "file")
        #expect(formatError { _ = try PendingFolder(file, overwrites: true) }?.code == .exists)
    }
}
