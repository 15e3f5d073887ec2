import Foundation
import PenstockFabric
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer

/// A log that a broker in a process of its own serves, which may be killed and started again at the same place.
final class ServedLog {
    enum Program {
        /// `penstock serve`, with its token; where there is a fabric, its clients use that.
        case penstock(FabricChoice? = nil)
        /// `penstock serve` with TLS, for those who have a token of an issuer.
        case guarded(Credentials)
        /// `BrokerPeer serve`, which gives silent clients up after so many milliseconds; with TLS where there are credentials.
        case peer(silence: Int, Credentials? = nil, fabric: FabricChoice? = nil)
    }

    let folder: TestFolder
    let directory: String
    private let program: Program
    /// What stands in front of the broker's program, and in front of its clients'.
    private let launchers: (broker: [String], client: [String])
    private(set) var broker: ChildProcess
    private(set) var address: FabricAddress

    /// - Parameters:
    ///   - directory: The log's; nil for one of its own.
    ///   - host: Where the broker listens.
    init(
        _ program: Program = .penstock(), directory: String? = nil, host: String = "127.0.0.1",
        launchers: (broker: [String], client: [String]) = ([], [])
    ) async throws {
        folder = try TestFolder()
        self.program = program
        self.directory = directory ?? folder("log")
        self.launchers = launchers
        (broker, address) = try await Self.start(program, self.directory, at: "\(host):0", launchers.broker)
    }

    private static func start(
        _ program: Program, _ directory: String, at address: String, _ launcher: [String]
    ) async throws -> (ChildProcess, FabricAddress) {
        let arguments = ["serve", "--data", directory, "--listen", address]
        let broker =
            switch program {
            case .penstock(let fabric):
                try ChildProcess(
                    "penstock", arguments + (fabric.map { ["--fabric", "\($0)"] } ?? []), launcher: launcher)
            case .guarded(let credentials):
                try ChildProcess("penstock", arguments + credentials.serverOptions, launcher: launcher)
            case .peer(let silence, let credentials, let fabric):
                try ChildProcess(
                    "BrokerPeer",
                    arguments + ["--silence", "\(silence)"] + (credentials?.certificateOptions ?? [])
                        + (fabric.map { ["--fabric", "\($0)"] } ?? []),
                    launcher: launcher)
            }
        let place = try await broker.line("serves ").split(separator: "/").last ?? ""
        return (broker, try FabricAddress(String(place)))
    }

    /// Starts the broker again, at the same address.
    func restart() async throws {
        (broker, address) = try await Self.start(program, directory, at: "\(address)", launchers.broker)
    }

    /// What clients use it by.
    var location: String { "penstock://\(address)" }

    /// What clients need to be let in.
    var environment: [String: String] {
        switch program {
        case .penstock(let fabric):
            ["PENSTOCK_TOKEN_FILE": directory + "/.broker-token", "PENSTOCK_FABRIC": fabric?.description ?? ""]
        case .guarded(let credentials): credentials.environment
        case .peer(_, let credentials, _): credentials.map { ["PENSTOCK_CA": $0.authorities] } ?? [:]
        }
    }

    func produce(_ name: Int, _ more: String...) throws -> ChildProcess {
        try client(["produce", "--log", location, "--name", "\(name)"] + more)
    }

    func consume(_ more: String...) throws -> ChildProcess {
        try client(["consume", "--log", location] + more)
    }

    private func client(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess("BrokerPeer", arguments, environment: environment, launcher: launchers.client)
    }

    /// Ends the broker as a service manager does, and looks at what is in the log.
    func stop() async throws {
        switch program {
        case .penstock, .guarded:
            broker.signal(SIGTERM)
            let status = try await broker.ended()
            #expect(status == 0, "the broker has ended with \(status): \(broker.errors)")
        case .peer: try await broker.kill()
        }
    }

    /// All records of a partition, in their order; the program `penstock` has looked at every byte before.
    func contents(_ partition: Int = 0) async throws -> [(offset: UInt64, load: LoadRecord)] {
        try await Self.contents(of: directory, partition)
    }

    /// As `contents`, of the log in a directory.
    static func contents(of directory: String, _ partition: Int = 0) async throws -> [(
        offset: UInt64, load: LoadRecord
    )] {
        let verify = try ChildProcess("penstock", ["topic", "verify", "--log", directory, LoadRecord.topic])
        #expect(try await verify.ended() == 0, "\(verify.lines) \(verify.errors)")
        let log = try await EmbeddedLog(directory: directory, creating: false)
        let reader = try await log.reader(for: TopicPartition(LoadRecord.topic, partition), from: .earliest)
        var all: [(UInt64, LoadRecord)] = []
        while let entry = try await reader.next() {
            guard case .records(let records) = entry else { continue }
            for index in 0..<records.count {
                all.append((records.baseOffset + UInt64(index), try records.event(LoadRecord.self, at: index)))
            }
        }
        await reader.close()
        return all
    }
}

/// What a producer has said, in one process after the other.
struct ProducerAccount {
    struct Acknowledged {
        let offset: UInt64
        let count: UInt64
        let sequence: UInt64

        /// Reads a line; nil where it says something else.
        init?(_ line: String) {
            let numbers = line.split(separator: " ").map { UInt64($0) }
            guard numbers.count == 3, let offset = numbers[0], let count = numbers[1], let sequence = numbers[2] else {
                return nil
            }
            (self.offset, self.count, self.sequence) = (offset, count, sequence)
        }
    }

    let acknowledged: [Acknowledged]
    /// How many records it has said are in the log.
    let kept: UInt64
    let sessions: Int

    init(_ processes: ChildProcess...) { self.init(processes) }

    init(_ processes: [ChildProcess]) {
        let lines = processes.flatMap(\.lines)
        acknowledged = lines.compactMap { Acknowledged($0) }
        let sessions = lines.filter { $0.hasPrefix("session ") }.compactMap { UInt64($0.dropFirst(8)) }
        self.sessions = sessions.count
        kept = max(sessions.max() ?? 0, acknowledged.map { $0.sequence + $0.count }.max() ?? 0)
    }
}

/// Checks that a partition holds what producers were told, each record once and in its producer's order, and nothing else.
func check(_ contents: [(offset: UInt64, load: LoadRecord)], of producers: [Int: ChildProcess], _ note: Comment) {
    check(contents, of: producers.mapValues { ProducerAccount($0) }, note)
}

/// As above, and whether it is so.
@discardableResult
func check(
    _ contents: [(offset: UInt64, load: LoadRecord)], of producers: [Int: ProducerAccount], _ note: Comment
) -> Bool {
    var problems: [String] = []
    var bySequence: [Int: [UInt64]] = [:]
    for (offset, load) in contents {
        let name = Int(load.producer)
        let expected = UInt64(bySequence[name]?.count ?? 0)
        if load.sequence != expected { problems.append("\(offset): \(load.sequence) of \(name), not \(expected)") }
        let isSame = load.bytes.elementsEqual(LoadRecord(producer: load.producer, sequence: load.sequence).bytes)
        if !isSame { problems.append("\(offset): other bytes") }
        bySequence[name, default: []].append(offset)
    }
    if !Set(bySequence.keys).isSubset(of: producers.keys) { problems.append("records of nobody") }
    for (name, account) in producers {
        let offsets = bySequence[name] ?? []
        if UInt64(offsets.count) < account.kept { problems.append("\(name): \(offsets.count) of \(account.kept)") }
        for one in account.acknowledged where one.sequence + one.count <= UInt64(offsets.count) {
            if offsets[Int(one.sequence)] != one.offset { problems.append("\(name): \(one) is elsewhere") }
        }
    }
    let isGood = problems.isEmpty
    #expect(isGood, "\(note): \(problems.count) problems, such as \(problems.prefix(3))")
    return isGood
}

/// Waits until a producer has so many more batches acknowledged than now.
func progress(of producer: ChildProcess, by count: Int = 20) async throws {
    let before = producer.lines.count
    try await eventually("progress: \(producer.lines.last ?? "") \(producer.errors)") {
        producer.lines.dropFirst(before).count { ProducerAccount.Acknowledged($0) != nil } > count
    }
}
