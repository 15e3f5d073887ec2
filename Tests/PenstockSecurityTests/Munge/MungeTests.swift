import Foundation
import TestSupport
import Testing

@testable import PenstockSecurity

@Suite("Munge", .serialized)
struct MungeTests {
    /// What `unmunge` 0.5.15 prints.
    private static func printed(uid: String = "alice (1000)", length: Int = 5, status: String = "Success (0)") -> String
    {
        """
        STATUS:          \(status)
        ENCODE_HOST:     node7.cluster (10.0.0.7)
        ENCODE_TIME:     2026-11-21 21:00:00 +0000 (1795294800)
        DECODE_TIME:     2026-11-21 21:00:01 +0000 (1795294801)
        TTL:             300
        CIPHER:          aes128 (4)
        MAC:             sha256 (5)
        ZIP:             none (0)
        UID:             \(uid)
        GID:             users (100)
        LENGTH:          \(length)


        """
    }

    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Programs that do as they are told, in the place of munge's.
    ///
    /// Another process puts them in their place: a file that this one has open to write while another test starts a
    /// process cannot be run as long as that process has it open, too.
    private func programs(munge: String = "exit 1", unmunge: String = "exit 1") throws -> MungePrograms {
        for (name, script) in [("munge", munge), ("unmunge", unmunge)] {
            let source = try folder.write("#!/bin/sh\n\(script)\n", to: name + ".script")
            let install = try Process.run(
                URL(fileURLWithPath: "/usr/bin/env"), arguments: ["install", "-m", "755", source, folder(name)])
            install.waitUntilExit()
            try #require(install.terminationStatus == 0)
        }
        return try MungePrograms(folder: folder.path, timeout: .seconds(600))
    }

    private func code<Value>(_ body: () throws(SecurityError) -> Value) -> SecurityError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return error.code }
    }

    @Test("where the programs are not, that is told, with what to do")
    func absent() {
        let error = #expect(throws: SecurityError.self) { try MungePrograms(folder: folder.path) }
        #expect(error?.code == .unavailable && error?.hint?.contains("apt install munge") == true)
    }

    @Test("who has made a credential is told by its number, whatever the user's name is")
    func reading() throws {
        for (name, uid) in [
            ("alice (1000)", UInt32(1000)), ("??? (7)", 7), ("x (0) (12)", 12), ("r (4294967295)", .max),
        ] {
            let credential = try MungeCredential(printed: Array((Self.printed(uid: name) + "a\n\nb:").utf8))
            #expect(credential.uid == uid && credential.payload == Array("a\n\nb:".utf8))
        }
        #expect(try MungeCredential(printed: Array(Self.printed(length: 0).utf8)).payload.isEmpty)
    }

    @Test("what is not what unmunge prints is refused")
    func wrongOutput() {
        let good = Self.printed()
        for wrong in [
            "", good, good + "123456", Self.printed(uid: "alice") + "12345",
            Self.printed(uid: "a (4294967296)") + "12345",
            Self.printed(uid: "a (-1)") + "12345", Self.printed(status: "Expired credential (15)") + "12345",
            "UID:  root (0)\n" + good + "12345", good.replacing("UID: ", with: "GID: ") + "12345",
        ] {
            #expect(code { () throws(SecurityError) in try MungeCredential(printed: Array(wrong.utf8)) } == .malformed)
        }
    }

    @Test("a credential goes to the programs and comes from them, never as an argument")
    func scripts() throws {
        let output = Self.printed(length: 12)
        let munge = try programs(
            munge: "[ $# = 0 ] || exit 2\nprintf 'MUNGE:'; cat; printf ':\\n'",
            unmunge: "[ $# = 0 ] || exit 2\nprintf '%s' '\(output)'; cat")
        #expect(try munge.encode(Array("abc".utf8)) == "MUNGE:abc:")
        let credential = try munge.decode("MUNGE:abcde:")
        #expect(credential.uid == 1000 && credential.payload == Array("MUNGE:abcde:".utf8))
    }

    @Test(
        "a refusal says why",
        arguments: [
            (15, SecurityError.Code.expired), (16, .notYetValid), (17, .tokenReused), (14, .badSignature),
            (18, .badSignature),
            (6, .unavailable), (1, .unavailable),
        ])
    func refusals(_ status: Int, _ expected: SecurityError.Code) throws {
        let munge = try programs(unmunge: "cat > /dev/null; exit \(status)")
        #expect(code { () throws(SecurityError) in try munge.decode("MUNGE:x:") } == expected)
    }

    @Test("what is no credential does not reach the program")
    func noCredential() throws {
        let munge = try programs(munge: "echo no", unmunge: "touch '\(folder("called"))'; exit 0")
        for wrong in ["", "MUNGE:", "MUNGE::x", "munge:x:", "MUNGE:x y:", "MUNGE:x:\n", "MUNGE:é:"] {
            #expect(code { () throws(SecurityError) in try munge.decode(wrong) } == .malformed, "\(wrong)")
        }
        let long = "MUNGE:" + String(repeating: "x", count: 16_384) + ":"
        #expect(code { () throws(SecurityError) in try munge.decode(long) } == .tooLong)
        #expect(code { () throws(SecurityError) in try munge.encode([UInt8](repeating: 0, count: 4097)) } == .tooLong)
        #expect(code { () throws(SecurityError) in try munge.encode([]) } == .malformed)
        #expect(!folder.contains("called"))
    }

    @Test("a program that does not end is ended")
    func slow() throws {
        _ = try programs(unmunge: "exec sleep 3600")
        let munge = try MungePrograms(folder: folder.path, timeout: .milliseconds(1))
        #expect(code { () throws(SecurityError) in try munge.decode("MUNGE:x:") } == .unavailable)
    }

    @Test("a program that prints without end is ended")
    func endless() throws {
        let munge = try programs(unmunge: "exec cat /dev/zero")
        #expect(code { () throws(SecurityError) in try munge.decode("MUNGE:x:") } == .unavailable)
    }

    @Test(
        "munge itself proves who we are, once",
        .enabled(if: Self.works, "munge is not installed, or munged does not run"))
    func real() throws {
        let munge = try MungePrograms(timeout: .seconds(600))
        let credential = try munge.encode(Array("broker-1".utf8))
        let proven = try munge.decode(credential)
        #expect(proven.uid == getuid() && proven.payload == Array("broker-1".utf8))
        #expect(code { () throws(SecurityError) in try munge.decode(credential) } == .tokenReused)
    }

    private static let works = (try? MungePrograms().encode([])) != nil
}
