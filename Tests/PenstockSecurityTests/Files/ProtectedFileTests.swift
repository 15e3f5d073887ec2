import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockSecurity

@Suite("Files that security hangs on")
struct ProtectedFileTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func code(_ path: String, _ protection: ProtectedFile.Protection, bytesMax: Int = 10) -> SecurityError.Code?
    {
        do {
            _ = try ProtectedFile.load(path, "a test", protection, bytesMax: bytesMax)
            return nil
        } catch { return error.code }
    }

    @Test("a secret is read where its owner alone can, what is trusted where the owner alone can write it")
    func permissions() throws {
        for (permissions, secret, trusted) in [
            (0o600, true, true), (0o400, true, true), (0o640, false, true), (0o604, false, true), (0o644, false, true),
            (0o620, false, false), (0o602, false, false), (0o660, false, false), (0o610, false, true),
        ] {
            let path = try folder.writeProtected("x", to: "file", permissions)
            #expect((code(path, .secret) == nil) == secret, "\(String(permissions, radix: 8))")
            #expect((code(path, .trusted) == nil) == trusted, "\(String(permissions, radix: 8))")
        }
    }

    @Test("an error of permissions says how to mend them, and nothing of the content")
    func hint() throws {
        let path = try folder.writeProtected("s3cret", to: "key", 0o644)
        let error = #expect(throws: SecurityError.self) {
            try ProtectedFile.load(path, "a key", .secret, bytesMax: 10)
        }
        #expect(error?.hint?.hasPrefix("chmod 600 \(path)") == true && error?.description.contains("s3cret") == false)
    }

    @Test("a file may have as many bytes as were said, and not one more")
    func size() throws {
        #expect(code(try folder.writeProtected("0123456789", to: "ten", 0o600), .secret) == nil)
        #expect(code(try folder.writeProtected("0123456789a", to: "eleven", 0o600), .secret) == .invalidFile)
        #expect(code(try folder.writeProtected("", to: "none", 0o600), .secret) == nil)
    }

    @Test("what is no regular file is refused: a missing one, a folder, a device")
    func kinds() throws {
        #expect(code(folder("missing"), .secret) == .missingFile)
        #expect(code(folder.path, .trusted) == .unreadableFile)
        #expect(code("/dev/zero", .trusted) == .unreadableFile)
    }

    @Test("a pipe without a writer is refused, and not waited for")
    func pipe() throws {
        let path = folder("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        let found = Guarded<SecurityError.Code?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let code = code(path, .secret)
            found.withLock { $0 = code }
            isDone.signal()
        }
        if isDone.wait(timeout: .now() + 60) == .timedOut {
            Issue.record("the pipe is waited for")
            // A writer lets the thread go.
            close(open(path, O_RDWR))
            isDone.wait()
        }
        #expect(found.withLock { $0 } == .unreadableFile)
    }

    @Test("a new file appears whole, with its permissions, and takes nobody's place")
    func new() throws {
        try NewFile.create(folder("key"), Array("first".utf8), .secret)
        try NewFile.create(folder("cert"), Array("shared".utf8), .shared)
        #expect(try folder.text("key") == "first" && folder.permissions("key") == 0o600)
        #expect(try folder.permissions("cert") == 0o644)
        let error = #expect(throws: SecurityError.self) {
            try NewFile.create(folder("key"), Array("second".utf8), .secret)
        }
        #expect(error?.code == .fileExists)
        #expect(try folder.text("key") == "first")
        try NewFile.replace(folder("key"), Array("third".utf8), .secret)
        #expect(try folder.text("key") == "third")
        #expect(folder.names() == ["cert", "key"])
    }

    @Test("a name that leads nowhere is taken, and nothing is written through it")
    func danglingLink() throws {
        try FileManager.default.createSymbolicLink(atPath: folder("key"), withDestinationPath: folder("elsewhere"))
        #expect(throws: SecurityError.self) { try NewFile.create(folder("key"), [1], .secret) }
        #expect(throws: SecurityError.self) { try NewFile.checkIsNew(folder("key")) }
        #expect(folder.names() == ["key"])
    }

    @Test("a file in a folder that is not there is an error, and leaves nothing")
    func noFolder() throws {
        let error = #expect(throws: SecurityError.self) { try NewFile.create(folder("no/key"), [1], .secret) }
        #expect(error?.code == .unwritableFile && folder.names().isEmpty)
    }
}
