import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockBatch

@Suite("Files that are no programs, or no longer")
struct DamagedBinaryTests {
    /// A copy of a small program of the system.
    private func copy(to folder: TestFolder) throws -> (path: String, bytes: [UInt8]) {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/bin/true"))
        return (try folder.write(bytes, to: "program"), Array(bytes))
    }

    @Test("what cannot be opened, or is no regular file, is told with the system's reason")
    func notReadable() throws {
        let folder = try TestFolder()
        #expect(throws: BinaryError.notReadable(path: "/nowhere", reason: "No such file or directory")) {
            try BinaryFacts(of: "/nowhere")
        }
        mkfifo(folder("pipe"), 0o600)
        for path in [folder.path, folder("pipe"), "/dev/null"] {
            #expect(throws: BinaryError.notReadable(path: path, reason: "it is no regular file")) {
                try BinaryFacts(of: path)
            }
        }
    }

    @Test("scripts and empty files are no ELF files", arguments: ["", "\u{7f}", "\u{7f}EL", "#!/bin/sh\nexec true\n"])
    func notELF(_ text: String) throws {
        let folder = try TestFolder()
        let path = try folder.write(text, to: "script")
        let error = #expect(throws: BinaryError.notELF(path: path)) { try BinaryFacts(of: path) }
        #expect(error?.category == .data)
    }

    /// The offsets and numbers are those of the System V ABI.
    @Test(
        "programs of other kinds are refused, with what they are",
        arguments: [
            (4, 1, "an ELF file of 32 bits"), (5, 2, "an ELF file of big-endian byte order"),
            (18, 243, "an ELF file for the processors of number 243"), (16, 1, "an ELF file that cannot be started"),
        ] as [(Int, UInt8, String)])
    func otherKinds(_ offset: Int, _ byte: UInt8, _ kind: String) throws {
        let folder = try TestFolder()
        var (path, bytes) = try copy(to: folder)
        bytes[offset] = byte
        try folder.write(bytes, to: "program")
        #expect(throws: BinaryError.unsupported(path: path, kind: kind)) { try BinaryFacts(of: path) }
    }

    @Test("a program for the other processor is read, and found unfit for this machine")
    func otherProcessor() throws {
        let folder = try TestFolder()
        var (path, bytes) = try copy(to: folder)
        let other: ProcessorArchitecture = ProcessorArchitecture.here == .x86_64 ? .aarch64 : .x86_64
        bytes[18] = other == .aarch64 ? 183 : 62
        try folder.write(bytes, to: "program")
        let facts = try BinaryFacts(of: path)
        #expect(facts.architecture == other)
        let error = #expect(throws: BinaryError.otherProcessor(path: path, needed: other, present: .here)) {
            try BinaryCheck(facts).compareHere()
        }
        #expect(error?.category == .configuration)
    }

    @Test("a program that was cut off is told, wherever the cut is")
    func cutOff() throws {
        let folder = try TestFolder()
        let (path, bytes) = try copy(to: folder)
        // All lengths within the header tables, and some of each later page; the last byte alone, too.
        let lengths =
            [bytes.count - 1] + Array(stride(from: 1024, to: bytes.count, by: 509).reversed()) + (0..<1024).reversed()
        for length in lengths {
            #expect(truncate(path, length) == 0)
            let error = #expect(throws: BinaryError.self) { try BinaryFacts(of: path) }
            switch error {
            case .cutOff(path, _, length) where length >= 4: break
            case .notELF(path) where length < 4: break
            default: Issue.record("\(length): \(String(describing: error))")
            }
        }
    }

    @Test("flipped bytes end in facts or an error, never in a crash", arguments: [1, 2, 3] as [UInt64])
    func flipped(_ seed: UInt64) throws {
        let folder = try TestFolder()
        let (path, bytes) = try copy(to: folder)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        var (state, refused) = (seed &* SplitMix64.golden, 0)
        func random(below bound: Int) -> Int {
            state &+= SplitMix64.golden
            return Int(SplitMix64.mix(state) % UInt64(bound))
        }
        for _ in 0..<3000 {
            // The headers and the tables for the dynamic linker are in the first pages.
            let places = (0...random(below: 4)).map { _ in random(below: random(below: 2) == 0 ? 1024 : bytes.count) }
            for place in places { try write([UInt8(random(below: 256))], to: file, at: place) }
            do throws(BinaryError) {
                _ = try ELFFile(BinaryFile(opening: path))
            } catch {
                refused += 1
                #expect(error.summary.contains(path), "seed \(seed), places \(places)")
            }
            for place in places { try write([bytes[place]], to: file, at: place) }
        }
        #expect(refused > 100)
    }

    private func write(_ bytes: [UInt8], to file: FileHandle, at offset: Int) throws {
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: bytes)
    }
}
