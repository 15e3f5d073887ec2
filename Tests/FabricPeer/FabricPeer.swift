internal import Foundation
internal import PenstockFabric

/// The other end of a connection over a fabric, in a process that a test may stop or kill.
///
/// `offer ADDRESS BYTES` connects, offers one payload and says `offered` when it has; it stays until it is killed.
/// `idle SECONDS` makes a connection within the process, leaves it alone, and prints the processor seconds that this
/// took.
/// `listen …` is a scripted listener: see `Listening`.
@main
struct FabricPeer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "offer" where arguments.count == 4:
            try await offer(to: try FabricAddress(arguments[2]), Int(arguments[3]) ?? 0)
        case "idle" where arguments.count == 3:
            try await idle(.seconds(Int(arguments[2]) ?? 1))
        case "listen" where arguments.count >= 6:
            try await Listening(Array(arguments.dropFirst(2))).run()
        default:
            print("usage: FabricPeer offer ADDRESS BYTES | idle SECONDS | listen KIND HOST LIMITS MANNER …")
            exit(64)
        }
    }

    private static func offer(to address: FabricAddress, _ byteCount: Int) async throws {
        let transport = try LibfabricTransport()
        let pool = try transport.makePool(slabBytes: byteCount, slabs: 1)
        let connection = try await transport.connect(to: address, Quiet())
        guard let slab = pool.take() else { exit(70) }
        slab.bytes.initializeMemory(as: UInt8.self, repeating: 7)
        connection.send(Array("offer".utf8), slab[0..<byteCount]) { _ in }
        say("offered")
        try await Task.sleep(for: .seconds(3600))
        withExtendedLifetime((transport, connection)) {}
    }

    private static func idle(_ duration: Duration) async throws {
        let transport = try LibfabricTransport()
        let listener = try await transport.listen(at: .host("127.0.0.1", port: 0)) { _ in Quiet() }
        let connection = try await transport.connect(to: listener.address, Quiet())
        connection.send([1])
        try await Task.sleep(for: .milliseconds(200))
        let before = processorSeconds()
        try await Task.sleep(for: duration)
        say("\(processorSeconds() - before) s of processor time in \(duration)")
        await transport.close()
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// A handler that lets everything pass.
private final class Quiet: ConnectionHandler {
    func received(_ message: IncomingMessage, on connection: any Connection) {}
    func ended(_ reason: FabricError?, of connection: any Connection) {}
}
