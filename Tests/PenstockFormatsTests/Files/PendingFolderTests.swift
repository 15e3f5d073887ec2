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

    @Test("a folder that is left is gone on with, without what is removed, or as a copy of the finished one")
    func goOn() throws {
        let earlier: String
        do {
            let output = try PendingFolder(folder("stack"))
            earlier = output.temporaryPath
            try FileManager.default.createDirectory(
                atPath: earlier + "/window_00000", withIntermediateDirectories: false)
            try writeSlice(output, "window_00000/recon_00000.tiff")
            try writeSlice(output, "half.tiff")
            try output.synchronize { $0 == "window_00000" }
            output.leave()
        }
        let output = try PendingFolder(folder("stack"), continuing: earlier)
        output.remove { $0 == "half.tiff" }
        try output.commit()
        #expect(folder.names() == ["stack"])
        #expect(folder.names(in: "stack") == ["window_00000"])
        #expect(formatError { _ = try PendingFolder(folder("stack"), continuing: earlier) }?.code == .exists)
        do {
            let copy = try PendingFolder(folder("stack"), overwrites: true, continuing: earlier)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: copy.temporaryPath + "/window_00000")
                    == ["recon_00000.tiff"])
        }
        #expect(folder.names() == ["stack"])
        try folder.remove("stack")
        #expect(formatError { _ = try PendingFolder(folder("stack"), continuing: earlier) }?.code == .notFound)
    }

    @Test("a commit that was broken off between its two renames is taken up")
    func brokenCommit() throws {
        let earlier = folder(".stack.partial-1")
        try FileManager.default.createDirectory(atPath: earlier + "/new", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: earlier + ".old/old", withIntermediateDirectories: true)
        let output = try PendingFolder(folder("stack"), overwrites: true, continuing: earlier)
        #expect(folder.names(in: "stack") == ["old"])
        try output.commit()
        #expect(folder.names() == ["stack"])
        #expect(folder.names(in: "stack") == ["new"])
    }
}
