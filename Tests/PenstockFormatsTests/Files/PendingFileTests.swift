import Foundation
import PenstockFormats
import TestSupport
import Testing

@Suite struct PendingFileTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func fill(_ path: String, _ text: String) throws {
        _ = try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func content(_ name: String) throws -> String {
        String(decoding: try bytes(of: folder(name)), as: UTF8.self)
    }

    private func committing(_ output: consuming PendingFile) -> FormatError? {
        do throws(FormatError) { try output.commit() } catch { return error }
        return nil
    }

    @Test("a committed file appears under its name and leaves nothing else")
    func commit() throws {
        let output = try PendingFile(folder("out.txt"))
        #expect(output.temporaryPath == folder(".out.txt.partial-\(getpid())"))
        try fill(output.temporaryPath, "done")
        #expect(folder.names() == [".out.txt.partial-\(getpid())"])
        try output.commit()
        #expect(folder.names() == ["out.txt"])
        #expect(try content("out.txt") == "done")
    }

    @Test("a file that is not committed vanishes")
    func abort() throws {
        do {
            let output = try PendingFile(folder("out.txt"))
            try fill(output.temporaryPath, "half")
        }
        #expect(folder.names() == [])
    }

    @Test("an existing file is refused at the beginning and at the end, and kept")
    func exists() throws {
        let output = try PendingFile(folder("out.txt"))
        try fill(output.temporaryPath, "ours")
        try fill(folder("out.txt"), "theirs")
        #expect(formatError { _ = try PendingFile(folder("out.txt")) }?.code == .exists)
        #expect(committing(output)?.code == .exists)
        #expect(folder.names() == ["out.txt"])
        #expect(try content("out.txt") == "theirs")
    }

    @Test("an existing file is replaced where that was asked for")
    func overwrite() throws {
        try fill(folder("out.txt"), "old")
        let output = try PendingFile(folder("out.txt"), overwrites: true)
        try fill(output.temporaryPath, "new")
        #expect(try content("out.txt") == "old")
        try output.commit()
        #expect(try content("out.txt") == "new")
        #expect(folder.names() == ["out.txt"])
    }

    @Test("two writers of one process do not share a name; a leftover of a killed one is replaced")
    func names() throws {
        try fill(folder(".out.txt.partial-\(getpid())"), "leftover")
        let first = try PendingFile(folder("out.txt"))
        #expect(formatError { _ = try PendingFile(folder("out.txt")) }?.code == .exists)
        #expect(!FileManager.default.fileExists(atPath: first.temporaryPath))
        #expect(committing(first)?.code == .notFound)
        #expect(formatError { _ = try PendingFile(folder("out.txt")) } == nil)
        #expect(formatError { _ = try PendingFile("") }?.code == .cannotCreate)
    }

    @Test("a file that is left is gone on with under the name that it had, or as a copy of the finished one")
    func goOn() throws {
        let earlier = folder(".out.txt.partial-1")
        #expect(formatError { _ = try PendingFile(folder("out.txt"), continuing: earlier) }?.code == .notFound)
        try fill(earlier, "half")
        for _ in 0..<2 {
            // Whoever is killed before the next checkpoint leaves it where this one says.
            let output = try PendingFile(folder("out.txt"), continuing: earlier)
            #expect(output.temporaryPath == earlier)
            output.leave()
        }
        try PendingFile(folder("out.txt"), continuing: earlier).commit()
        #expect(folder.names() == ["out.txt"])
        #expect(formatError { _ = try PendingFile(folder("out.txt"), continuing: earlier) }?.code == .exists)
        let copy = try PendingFile(folder("out.txt"), overwrites: true, continuing: earlier)
        #expect(try content("out.txt") == "half" && String(contentsOfFile: earlier, encoding: .utf8) == "half")
        copy.leave()
        _ = try PendingFile(folder("out.txt"), overwrites: true, inPlaceOf: earlier)
        #expect(folder.names() == ["out.txt"])
        #expect(PendingFile.finalName(ofTemporary: ".out.txt.partial-1") == "out.txt")
        #expect(PendingFile.finalName(ofTemporary: "out.partial-1") == nil)
        #expect(PendingFile.finalName(ofTemporary: ".hidden") == nil)
    }

    @Test("an HDF5 volume goes through it whole")
    func volume() throws {
        let output = try PendingFile(folder("volume.h5"))
        let file = try HDF5File(creating: output.temporaryPath)
        try file.write([1, 2, 3] as [Float], to: "/exchange/data")
        try file.close()
        try output.commit()
        #expect(try HDF5File(opening: folder("volume.h5")).readVector("/exchange/data", as: Float.self) == [1, 2, 3])
    }

    @Test("a place that takes no new file is told of at the beginning, with what to do")
    func unwritable() throws {
        let missing = formatError { _ = try PendingFile(folder("none/out.txt")) }
        #expect(missing?.code == .cannotCreate)
        #expect(missing?.summary == "\(folder("none/out.txt")): its folder does not exist")
        #expect(missing?.hint?.contains(folder("none")) == true)
        // The folder is there, but the kernel makes all that is in it.
        let process = formatError { _ = try PendingFile("/proc/out.txt") }
        #expect(process?.code == .cannotCreate)
        #expect(process?.summary == "/proc/out.txt: nothing can be created in its folder")
        #expect(process?.hint != nil)
        try FileManager.default.createDirectory(atPath: folder("there"), withIntermediateDirectories: false)
        let occupied = formatError { _ = try PendingFile(folder("there"), overwrites: true) }
        #expect(occupied?.code == .cannotCreate)
        #expect(formatError { _ = try PendingFile(folder("there")) }?.hint?.contains("--overwrite") == true)
    }
}
