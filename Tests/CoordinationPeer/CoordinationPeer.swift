import Foundation
import PenstockBroker
import PenstockLog

/// A process that takes part in coordination, and that a test may stop or kill.
///
/// `CoordinationPeer BACKEND LEASE-MS NAME` reads commands from its standard input, a line each, and answers each with a line:
/// `claim KEY` and `wait KEY` (`held EPOCH UNTIL`, `taken HOLDER`), `check KEY` (`yes EPOCH UNTIL`, `no EPOCH UNTIL`), `ended KEY`
/// (`ended REASON`), `release KEY` (`released`), `join` (`joined`) and `block SECONDS` (`blocked`), which keeps every thread of Swift
/// concurrency busy meanwhile. A failure is `error CODE`; `wait` and `join` try again where it may be one of a machine that is too busy for
/// a short lease. The backend is `file:DIRECTORY` or `etcd:NAMESPACE:URL`.
@main
struct CoordinationPeer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let milliseconds = Int(arguments[2]) else {
            print("usage: CoordinationPeer BACKEND LEASE-MS NAME")
            exit(64)
        }
        let coordinator = try await coordinator(arguments[1], LeaseTiming(lease: .milliseconds(milliseconds)))
        var peer = Peer(coordinator: coordinator, name: arguments[3])
        say("ready")
        // This waits on the main thread, which nothing else needs.
        while let line = readLine() {
            do { say(try await peer.answer(line.split(separator: " ").map { String($0) })) } catch {
                say("error \((error as? CoordinatorError)?.code.rawValue ?? "\(error)")")
            }
        }
        await coordinator.close()
    }

    private static func coordinator(_ backend: String, _ timing: LeaseTiming) async throws -> any Coordinator {
        let parts = backend.split(separator: ":", maxSplits: 1).map { String($0) }
        if parts[0] == "file" { return try await FileCoordinator(directory: parts[1], timing: timing) }
        let words = parts[1].split(separator: ":", maxSplits: 1).map { String($0) }
        return try EtcdCoordinator(
            endpoints: [words[1]], namespace: words[0], timing: timing, requestTimeout: timing.lease / 2)
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

private struct Peer {
    let coordinator: any Coordinator
    let name: String
    var leases: [String: Lease] = [:]

    mutating func answer(_ words: [String]) async throws -> String {
        if words == ["join"] {
            _ = try await Self.repeated { [coordinator, name] in
                try await coordinator.join(name: name, address: "nowhere:1")
            }
            return "joined"
        }
        guard words.count == 2 else { return "error usage" }
        if words[0] == "block", let seconds = UInt32(words[1]) {
            await withTaskGroup { group in
                for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
                    group.addTask { Self.block(seconds) }
                }
            }
            return "blocked"
        }
        let key = try CoordinationKey(words[1])
        switch words[0] {
        case "claim":
            switch try await coordinator.claim(key, for: name) {
            case .held(let lease): return take(lease)
            case .taken(let holder, _): return "taken \(holder)"
            }
        case "wait":
            return take(
                try await Self.repeated { [coordinator, name] in try await coordinator.waitForClaim(key, for: name) })
        case "check":
            guard let lease = leases[words[1]] else { return "error no-lease" }
            return "\(lease.isHeld ? "yes" : "no") \(lease.epoch) \(lease.heldUntil.nanoseconds)"
        case "ended":
            guard let lease = leases[words[1]], let end = await lease.ended() else { return "error no-lease" }
            return "ended \(end)"
        case "release":
            try await leases[words[1]]?.release()
            return "released"
        default: return "error usage"
        }
    }

    private static func block(_ seconds: UInt32) { sleep(seconds) }

    private static func repeated<Result>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do { return try await body() } catch let error as CoordinatorError {
                guard [.timedOut, .contended, .unreachable].contains(error.code) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private mutating func take(_ lease: Lease) -> String {
        leases[lease.key.description] = lease
        return "held \(lease.epoch) \(lease.heldUntil.nanoseconds)"
    }
}
