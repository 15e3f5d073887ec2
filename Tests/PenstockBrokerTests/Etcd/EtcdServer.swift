import Foundation
import PenstockBroker
import PenstockEvents
import PenstockLog
import TestSupport

/// An etcd of its own for tests, on ports that were free, with its data in a temporary folder. It ends with the test process at the latest.
final class EtcdServer: Sendable {
    static let program =
        ["/usr/bin/etcd", "/usr/local/bin/etcd"].first { FileManager.default.isExecutableFile(atPath: $0) }
        ?? (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/etcd" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static let isMissing = "etcd is not installed (apt-get install etcd-server)"
    /// One for all tests that do not stop it.
    static let shared = Guarded<EtcdServer?>(nil)

    private let folder: TestFolder
    private let clientPort: Int
    private let peerPort: Int
    private let running = Guarded<Process?>(nil)

    var url: String { "http://127.0.0.1:\(clientPort)" }

    /// Starts it, and returns when it answers.
    init() async throws {
        // It waits for the disk at every change: beside others that write, that takes seconds.
        folder = try TestFolder.inMemory()
        (clientPort, peerPort) = try Self.freePorts()
        try await start()
    }

    deinit { kill() }

    static func sharedServer() async throws -> EtcdServer {
        if let server = shared.withLock({ $0 }) { return server }
        let server = try await EtcdServer()
        return shared.withLock { shared in
            if shared == nil { shared = server }
            return shared!
        }
    }

    /// Starts it, on the same ports and with the same data as before.
    func start() async throws {
        let peers = "http://127.0.0.1:\(peerPort)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell ends etcd at the word of `kill`, or when its input ends because the test process is gone: then the data goes too. It
        // cannot wait for etcd: the signal that would tell it is blocked in all children of a test process.
        process.arguments = [
            "-c", #"folder=$1; shift; "$@" & read line; word=$?; kill -9 $!; [ $word = 0 ] || rm -rf "$folder""#, "sh",
            folder.path, Self.program!, "--name", "test",
            "--data-dir", folder("data"), "--listen-client-urls", url, "--advertise-client-urls", url,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "test=\(peers)",
            "--logger", "zap",
        ]
        process.environment = ["PATH": "/usr/bin:/bin", "ETCD_UNSUPPORTED_ARCH": "arm64"]
        process.standardInput = Pipe()
        let log = folder("log")
        if !folder.contains("log") { try folder.write("", to: "log") }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        running.withLock { $0 = process }
        let coordinator = try EtcdCoordinator(endpoints: [url], namespace: "start")
        for _ in 0..<60 {
            if (try? await coordinator.members()) != nil { return await coordinator.close() }
            if !process.isRunning { break }
        }
        throw NotStarted(log: (try? folder.text("log")).map { String($0.suffix(600)) } ?? "")
    }

    /// Ends it as kill -9 does.
    func kill() {
        let process = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let process else { return }
        let input = (process.standardInput as? Pipe)?.fileHandleForWriting
        try? input?.write(contentsOf: Data("end\n".utf8))
        try? input?.close()
        process.waitUntilExit()
        for _ in 0..<1000 where !Self.isFree(clientPort) || !Self.isFree(peerPort) { usleep(20_000) }
    }

    private struct NotStarted: Error {
        let log: String
    }

    private static func freePorts() throws -> (Int, Int) {
        // Both are held until both are known, so that they differ.
        guard let first = bound(to: 0) else { throw Unexpected("there is no free port") }
        defer { close(first.socket) }
        guard let second = bound(to: 0) else { throw Unexpected("there is no free port") }
        defer { close(second.socket) }
        return (first.port, second.port)
    }

    private static func isFree(_ port: Int) -> Bool {
        guard let bound = bound(to: port) else { return false }
        close(bound.socket)
        return true
    }

    /// A socket at a port of this machine, or at any that is free for 0.
    static func bound(to port: Int) -> (socket: Int32, port: Int)? {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        var reuse: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
            }
        }
        guard isBound else {
            close(number)
            return nil
        }
        return (number, Int(UInt16(bigEndian: address.sin_port)))
    }
}
