internal import Dispatch
internal import Foundation
internal import PenstockEvents

/// The programs `munge` and `unmunge`, which prove who a user is to other nodes of a cluster with the same munge key
/// (C. Dunlap, "MUNGE Uid 'N' Gid Emporium", github.com/dun/munge).
///
/// Calls wait for the program: make them where a thread may wait.
public struct MungePrograms: Sendable {
    /// The most bytes of what a credential carries.
    public static let payloadBytesMax = 4096
    /// The most bytes of a credential.
    public static let credentialBytesMax = 16_384
    private static let outputBytesMax = 32_768

    private let munge: String
    private let unmunge: String
    private let timeout: Duration

    /// The programs of a folder.
    /// - Parameters:
    ///   - folder: where they are; without one they are looked for in the folders of `PATH`.
    ///   - timeout: for how long each may take.
    /// - Throws: `SecurityError` with code `unavailable` where they are not there.
    public init(folder: String? = nil, timeout: Duration = .seconds(10)) throws(SecurityError) {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let folders = folder.map { [$0] } ?? path.split(separator: ":").map(String.init)
        func find(_ name: String) throws(SecurityError) -> String {
            let files = folders.map { $0 + "/" + name }
            if let file = files.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) { return file }
            throw SecurityError(
                .unavailable, "the program \(name) is not in \(folder ?? "any folder of PATH")",
                hint: "install munge (Debian: apt install munge), or use TLS with certificates or tokens")
        }
        self.timeout = timeout
        munge = try find("munge")
        unmunge = try find("unmunge")
    }

    /// A credential of this process's user, good for one use within five minutes.
    /// - Parameter payload: what the credential is for, so that it cannot be used elsewhere: the server's id and
    ///   something new of the session. Not secret. At most `payloadBytesMax`.
    /// - Throws: `SecurityError` with code `tooLong`, `malformed` or `unavailable`.
    public func encode(_ payload: [UInt8]) throws(SecurityError) -> String {
        guard payload.count <= Self.payloadBytesMax else {
            throw SecurityError(.tooLong, "\(payload.count) bytes are too many for a munge credential")
        }
        let output = try run(munge, payload)
        let credential = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard Self.isCredential(credential) else {
            throw SecurityError(.malformed, "munge has not printed a credential", hint: "see whether munged runs well")
        }
        return credential
    }

    /// Who has made a credential, and for what. A credential is good once.
    /// - Throws: `SecurityError` with code `tooLong`, `malformed`, or `badSignature` where `unmunge` refuses it: it is
    ///   forged; `expired`, `notYetValid` or `tokenReused` (it was used before); `unavailable` where the program cannot
    ///   be run.
    public func decode(_ credential: String) throws(SecurityError) -> MungeCredential {
        guard credential.utf8.count <= Self.credentialBytesMax else {
            throw SecurityError(.tooLong, "the munge credential has \(credential.utf8.count) bytes")
        }
        guard Self.isCredential(credential) else {
            throw SecurityError(
                .malformed, "the text is no munge credential", hint: "it begins with MUNGE: and ends with :")
        }
        return try MungeCredential(printed: run(unmunge, Array(credential.utf8)))
    }

    private static func isCredential(_ text: String) -> Bool {
        text.utf8.starts(with: "MUNGE:".utf8) && text.utf8.count > 7 && text.utf8.last == UInt8(ascii: ":")
            && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    }

    /// What a program prints.
    private func run(_ program: String, _ input: [UInt8]) throws(SecurityError) -> [UInt8] {
        let process = Process()
        let sink = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        do {
            process.standardInput = try Self.unnamedFile(input)
            (process.standardOutput, process.standardError) = (sink, FileHandle.nullDevice)
            try process.run()
        } catch {
            throw SecurityError(.unavailable, "\(program) cannot be run: \(error.localizedDescription)")
        }
        let watch = DispatchWorkItem { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        let end = DispatchTime.now() + .nanoseconds(Int(timeout.nanoseconds))
        DispatchQueue.global().asyncAfter(deadline: end, execute: watch)
        defer { watch.cancel() }
        let output = (try? sink.fileHandleForReading.read(upToCount: Self.outputBytesMax + 1)) ?? Data()
        if output.count > Self.outputBytesMax { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        guard process.terminationReason == .exit else {
            throw SecurityError(
                .unavailable, "\(program) has not ended by itself within \(timeout)",
                hint: "see whether munged runs")
        }
        try Self.check(process.terminationStatus, of: program)
        return Array(output)
    }

    /// A file without a name, to be read from its beginning: unlike a pipe it has room for everything at once, and
    /// nobody is hurt where the program does not read it.
    private static func unnamedFile(_ bytes: [UInt8]) throws -> FileHandle {
        guard let stream = tmpfile() else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { fclose(stream) }
        let file = FileHandle(fileDescriptor: fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0), closeOnDealloc: true)
        try file.write(contentsOf: bytes)
        try file.seek(toOffset: 0)
        return file
    }

    /// What a status of the programs means, as munge.h numbers them.
    private static func check(_ status: Int32, of program: String) throws(SecurityError) {
        switch status {
        case 0: return
        case 15: throw SecurityError(.expired, "the munge credential has expired", hint: "make a new one")
        case 16:
            throw SecurityError(
                .notYetValid, "the munge credential is from the future", hint: "compare the clocks of the two nodes")
        case 17:
            throw SecurityError(.tokenReused, "the munge credential was used before", hint: "make one for each session")
        case 8...14, 18:
            throw SecurityError(
                .badSignature, "\(program) refuses the credential with status \(status)",
                hint: "both nodes need the same munge key")
        default:
            throw SecurityError(
                .unavailable, "\(program) fails with status \(status)", hint: "see whether munged runs")
        }
    }
}
