import FabricPeer
import PenstockEvents
import PenstockFabric
import TestSupport

/// The end that listens, in this process or in one of its own in another network; it does what it is told.
struct OtherEnd: Sendable {
    let address: FabricAddress
    private let process: ChildProcess?
    private let ask: @Sendable (String) async throws -> String

    /// - Parameter transport: What it uses where it is in this process.
    init(_ kind: TransportKind, _ transport: any Transport, refuses: Bool = false) async throws {
        if kind.isFar {
            let peer = try await FarPeer(kind, transport.limits, refuses: refuses)
            (address, process) = (peer.address, peer.process)
            ask = { try await peer.ask($0) }
        } else {
            let listener = try await ScriptedListener(transport, at: kind.anyAddress, refuses: refuses)
            (address, process) = (listener.address, nil)
            ask = { await listener.answer($0) }
        }
    }

    /// What it does with messages: as `ScriptedListener` says.
    func react(_ reaction: String) async throws { _ = try await ask("react " + reaction) }

    /// What tells the messages that have come from others, when there are so many.
    func messages(_ count: Int) async throws -> [UInt64] { try await numbers("messages \(count)") }

    /// What tells a message from others.
    static func digest(_ message: [UInt8]) -> UInt64 { message.withUnsafeBytes { XXHash64.hash($0) } }

    /// Whether it was called twice at once.
    var hasOverlapped: Bool { get async throws { try await ask("overlapped") == "true" } }

    /// Waits for a payload that it keeps, and gives its length.
    func size(ofPayload number: Int) async throws -> Int? { Int(try await ask("size \(number)")) }

    /// Pulls a payload that it has kept, and gives what tells its bytes from others, or how that fails.
    func pull(_ number: Int) async throws -> String { try await ask("pull \(number)") }

    /// Declines all payloads that it has kept.
    func decline() async throws { _ = try await ask("decline") }

    /// What tells the bytes of payloads that it has pulled, by their numbers, when there are so many.
    func pulled(_ count: Int) async throws -> [Int: UInt64] {
        var pulled: [Int: UInt64] = [:]
        for one in try await ask("pulled \(count)").split(separator: " ") {
            let parts = one.split(separator: ":")
            guard parts.count == 2, let number = Int(parts[0]), let digest = UInt64(parts[1]) else {
                throw ChildFailure("a payload was not pulled: \(one)")
            }
            pulled[number] = digest
        }
        return pulled
    }

    /// Offers a payload of so many bytes, filled with its number.
    func offer(_ number: Int, byteCount: Int) async throws { _ = try await ask("offer \(number) \(byteCount)") }

    /// How its payloads were released, when so many were: `well`, or a code.
    func released(_ count: Int) async throws -> [String] { try await words("released \(count)") }

    func close() async throws { _ = try await ask("close") }
    func fail() async throws { _ = try await ask("fail") }

    /// How the connection has ended: `well` or a code, once for each time that it was told.
    var ends: [String] { get async throws { try await words("ends") } }
    /// As `ends`, without waiting.
    var endsSoFar: [String] { get async throws { try await words("ended") } }

    /// Whether all its memory comes back.
    var isFree: Bool { get async throws { try await ask("free") == "true" } }

    /// How many sockets its process has.
    var sockets: Int { get async throws { Int(try await ask("sockets")) ?? .max } }

    /// Listens no longer.
    func stop() async throws { _ = try await ask("stop") }

    /// Kills its process, where it has one.
    func kill() async throws { try await process?.kill() }

    private func words(_ line: String) async throws -> [String] {
        try await ask(line).split(separator: " ").map(String.init)
    }

    private func numbers(_ line: String) async throws -> [UInt64] { try await words(line).compactMap { UInt64($0) } }
}
