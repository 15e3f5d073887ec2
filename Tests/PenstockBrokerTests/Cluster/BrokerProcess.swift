import Foundation
import PenstockEvents
import PenstockFabric

/// A running `penstock serve`, killed at the end of its life, or with the test process at the latest.
final class BrokerProcess: Sendable {
    let name: String
    /// Where it listens.
    let address: FabricAddress
    private let identifier: Int32
    private let shell: Guarded<Process>
    private let lines: Guarded<[String]>

    /// Starts it, and returns when it listens.
    init(_ name: String, _ arguments: [String]) async throws {
        self.name = name
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell kills the broker when its input ends.
        shell.arguments =
            ["-c", #""$@" & broker=$!; echo "pid $broker"; read line; kill -9 $broker"#, "sh", Self.program]
            + ["serve", "--listen", "127.0.0.1:0", "--name", name] + arguments
        let output = Pipe()
        (shell.standardInput, shell.standardOutput, shell.standardError) = (Pipe(), output, output)
        let lines = Guarded<[String]>([])
        self.lines = lines
        try shell.run()
        self.shell = Guarded(shell)
        let reading = output.fileHandleForReading
        Thread {
            var rest = Data()
            while true {
                let more = reading.availableData
                if more.isEmpty { break }
                rest += more
                while let end = rest.firstIndex(of: 10) {
                    let line = String(decoding: rest[..<end], as: UTF8.self)
                    lines.withLock { $0.append(line) }
                    rest = Data(rest[(end + 1)...])
                }
            }
        }.start()
        func line(_ beginning: String) async throws -> String {
            try await patiently {
                while true {
                    if let line = lines.withLock({ $0.first { $0.hasPrefix(beginning) } }) { return line }
                    if let error = lines.withLock({ $0.first { $0.hasPrefix("error") } }) { throw Unexpected(error) }
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
        identifier = Int32(try await line("pid ").dropFirst(4)) ?? 0
        let location = try await line("serves ").split(separator: "/").last ?? ""
        address = try FabricAddress(String(location))
    }

    deinit { kill() }

    /// Ends it as kill -9 does.
    func kill() {
        signal(SIGKILL)
        shell.withLock { try? ($0.standardInput as? Pipe)?.fileHandleForWriting.close() }
    }

    /// Ends it as a service manager does, and waits until it has.
    func end() async throws {
        signal(SIGTERM)
        try await patiently { [lines] in
            while !lines.withLock({ $0.contains { $0.hasPrefix("stopped") } }) {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    func signal(_ number: Int32) {
        // A shell that has no broker yet would be asked to signal everybody.
        if identifier > 0 { Foundation.kill(identifier, number) }
    }

    /// The program lies beside the tests.
    private static var program: String {
        var folder = Bundle.main.executableURL!.deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("penstock").path),
            folder.path != "/"
        {
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("penstock").path
    }
}
