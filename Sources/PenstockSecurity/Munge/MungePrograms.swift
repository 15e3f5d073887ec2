internal import Dispatch
internal import Foundation

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
    /// For how long a program may take.
    public static let timeout: Duration = .seconds(10)

    private let munge: String
    private let unmunge: String

    /// The programs of a folder.
    /// - Parameter folder: where they are; without one they are looked for in the folders of `PATH`.
    /// - Throws: `SecurityError` with code `unavailable` where they are not there.
    public init(folder: String? = nil) throws(SecurityError) {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let folders = folder.map { [$0] } ?? path.split(separator: ":").map(String.init)
        func find(_ name: String) throws(SecurityError) -> String {
            let files = folders.map { $0 + "/" + name }
            if let file = files.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) { return file }
            throw SecurityError(
                .unavailable, "the program \(name) is not in \(folder ?? "any folder of PATH")",
                hint: "install munge (Debian: apt install munge), or use TLS with certificates or tokens")
        }
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
        let output = try run(munge, [], payload)
        let credential = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard Self.isCredential(credential) else {
            throw SecurityError(.malformed, "munge has not printed a credential", hint: "see whether munged runs well")
        }
        return credential
    }

    /// Who has made a credential, and for what. A credential is good once.
    /// - Throws: `SecurityError` with code `tooLong`, `malformed`, or `badSignature` where `unmunge` refuses it: it is
    ///   forged; `expired`, `notYetValid` or `tokenReused` (it was used before); `unavailable` where the program cannot be run.
    public func decode(_ credential: String) throws(SecurityError) -> MungeCredential {
        guard credential.utf8.count <= Self.credentialBytesMax else {
            throw SecurityError(.tooLong, "the munge credential has \(credential.utf8.count) bytes")
        }
        guard Self.isCredential(credential) else {
            throw SecurityError(
                .malformed, "the text is no munge credential", hint: "it begins with MUNGE: and ends with :")
        }
        return try MungeCredential(printed: run(unmunge, [], Array(credential.utf8)))
    }

    private static func isCredential(_ text: String) -> Bool {
        text.utf8.starts(with: "MUNGE:".utf8) && text.utf8.count > 7 && text.utf8.last == UInt8(ascii: ":")
            && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    }

    /// What a program prints.
    private func run(_ program: String, _ arguments: [String], _ input: [UInt8]) throws(SecurityError) -> [UInt8] {
        let process = Process()
        let (source, sink) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        (process.standardInput, process.standardOutput) = (source, sink)
        process.standardError = FileHandle.nullDevice
        do {
            // All of it fits into the pipe, so nobody has to read for it to be written.
            try source.fileHandleForWriting.write(contentsOf: input)
            try source.fileHandleForWriting.close()
            try process.run()
        } catch {
            throw SecurityError(.unavailable, "\(program) cannot be run: \(error.localizedDescription)")
        }
        let watch = DispatchWorkItem { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        let seconds = Int(Self.timeout.components.seconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: watch)
        defer { watch.cancel() }
        let output = (try? sink.fileHandleForReading.read(upToCount: Self.outputBytesMax + 1)) ?? Data()
        if output.count > Self.outputBytesMax { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        guard process.terminationReason == .exit else {
            throw SecurityError(
                .unavailable, "\(program) has not ended by itself within \(Self.timeout)",
                hint: "see whether munged runs")
        }
        try Self.check(process.terminationStatus, of: program)
        return Array(output)
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
