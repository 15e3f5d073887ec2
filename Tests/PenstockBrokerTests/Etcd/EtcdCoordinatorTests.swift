import Foundation
import PenstockLog
import Testing

@testable import PenstockBroker

@Suite(
    "Coordination over an etcd that is not always there", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: EtcdServer.program != nil, "etcd is not installed (apt-get install etcd-server)"))
struct EtcdCoordinatorTests {
    private let key = try! CoordinationKey("partitions/readings/0")

    @Test("claims, values and epochs survive the death of etcd")
    func restart() async throws {
        let server = try await EtcdServer()
        let world = try await CoordinationWorld(.etcd, server: server)
        let (a, b) = (try await world.coordinator(), try await world.coordinator())
        let impatient = try await world.coordinator(lease: .seconds(2))
        let lease = try held(await a.claim(key, for: "a"))
        let membership = try await a.join(name: "a", address: "a:1")
        _ = try await a.change(key, to: [1], expecting: .nothing)
        let updates = b.updates(under: "later/")
        server.kill()
        let error = try await #require(throws: CoordinatorError.self) { try await impatient.value(of: key) }
        #expect(error.code == .unreachable && error.category == .unavailable)
        #expect(error.summary.contains(server.url) && error.hint != nil)
        #expect(lease.isHeld)
        try await server.start()
        #expect(lease.isHeld && membership.isCurrent)
        #expect(try await b.snapshot(under: "").claims == [ClaimedKey(key: key, holder: "a", epoch: lease.epoch)])
        guard case .taken("a", _) = try await b.claim(key, for: "b") else { throw Unexpected("the claim is lost") }
        #expect(try await b.value(of: key)?.bytes == [1])
        #expect(try await b.members() == [membership.member])
        // Streams go on.
        _ = try await a.change(try CoordinationKey("later/1"), to: [2], expecting: .nothing)
        _ = try await first(of: updates) { $0.values.map(\.bytes) == [[2]] }
        try await lease.release()
        #expect(try held(await b.claim(key, for: "b")).epoch > lease.epoch)
        await a.close()
        await b.close()
        await impatient.close()
    }

    @Test("without etcd a lease lapses, and what comes behind has a higher epoch")
    func outage() async throws {
        let server = try await EtcdServer()
        let world = try await CoordinationWorld(.etcd, server: server)
        let coordinator = try await world.coordinator(lease: .seconds(2))
        let lease = try await takeOver(key, for: "a", on: coordinator)
        server.kill()
        let end = try await patiently { await lease.ended() }
        #expect(end == .lapsed && !lease.isHeld)
        let error = try await #require(throws: CoordinatorError.self) { try await coordinator.claim(key, for: "a") }
        #expect(error.code == .unreachable)
        try await server.start()
        #expect(try await takeOver(key, for: "a", on: coordinator).epoch > lease.epoch)
        await coordinator.close()
    }

    @Test("a lease that etcd was told to revoke is lost")
    func revoked() async throws {
        let world = try await CoordinationWorld(.etcd)
        let coordinator = try await world.coordinator(lease: .seconds(20))
        let lease = try held(await coordinator.claim(key, for: "a"))
        let membership = try await coordinator.join(name: "a", address: "a:1")
        // The member's identity is the number of its lease in etcd.
        let client = EtcdClient([
            try EtcdEndpoint(try await EtcdServer.sharedServer().url, allowsPlaintext: false)
        ])
        let identity = try #require(Int64(membership.member.id))
        _ = try await client.call(.revoke(identity), isRepeatable: true, within: .seconds(60))
        client.close()
        let end = try await patiently { await lease.ended() }
        #expect(end == .revoked || end == .lapsed)
        #expect(!lease.isHeld && !membership.isCurrent)
        #expect(try held(await coordinator.claim(key, for: "a")).epoch > lease.epoch)
        await coordinator.close()
    }

    @Test("another endpoint serves where the first one does not")
    func endpoints() async throws {
        let server = try await EtcdServer.sharedServer()
        let coordinator = try EtcdCoordinator(
            endpoints: ["http://127.0.0.1:1", server.url], namespace: "test-\(UUID().uuidString)",
            timing: LeaseTiming(lease: .seconds(600)), requestTimeout: .seconds(240))
        #expect(try held(await coordinator.claim(key, for: "a")).isHeld)
        await coordinator.close()
    }
}

@Suite("Addresses of etcd")
struct EtcdEndpointTests {
    @Test("plain text leaves the machine only where that was allowed")
    func plaintext() throws {
        for address in ["http://127.0.0.1:2379", "localhost", "http://[::1]:2379", "http://localhost:2379/"] {
            _ = try EtcdCoordinator(endpoints: [address], namespace: "job")
        }
        for address in [
            "http://10.1.2.3:2379", "http://etcd.example.org", "http://127.0.0.1.example.org:2379",
            "https://localhost:2379",
            "ftp://localhost", "http://localhost:0", "http://user@localhost:2379", "",
        ] {
            let error = #expect(throws: CoordinatorError.self) {
                try EtcdCoordinator(endpoints: [address], namespace: "job")
            }
            #expect(error?.code == .invalidConfiguration && error?.hint != nil, "\(address)")
        }
        _ = try EtcdCoordinator(endpoints: ["http://10.1.2.3:2379"], namespace: "job", allowsPlaintext: true)
        #expect(throws: CoordinatorError.self) { try EtcdCoordinator(endpoints: [], namespace: "job") }
    }

    @Test("an address where nobody is says so in time, with the address")
    func nobody() async throws {
        let coordinator = try EtcdCoordinator(
            endpoints: ["http://127.0.0.1:1"], namespace: "job", requestTimeout: .milliseconds(300))
        let error = try await #require(throws: CoordinatorError.self) { try await coordinator.members() }
        #expect(error.code == .unreachable && error.summary.contains("http://127.0.0.1:1"))
        await coordinator.close()
    }

    @Test("one that does not answer, and what is no etcd, are told of in time")
    func liars() async throws {
        let key = try CoordinationKey("a")
        let answers: [(bytes: String?, code: CoordinatorError.Code)] = [
            (nil, .unreachable), ("", .unreachable), ("220 mail.example.org\r\n", .unreachable),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", .refused),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .refused),
            ("HTTP/1.1 503 No\r\nContent-Length: 24\r\n\r\n{\"message\":\"no leader!\"}", .unreachable),
            ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", .unreachable),
        ]
        for (bytes, code) in answers {
            let server = try AnsweringSocket(bytes)
            // Who answers has time for it.
            let coordinator = try EtcdCoordinator(
                endpoints: ["http://127.0.0.1:\(server.port)"], namespace: "job",
                requestTimeout: code == .refused ? .seconds(300) : .milliseconds(500))
            let error = try await #require(throws: CoordinatorError.self) { try await coordinator.claim(key, for: "a") }
            #expect(error.code == code, "\(bytes ?? "nothing"): \(error)")
            await coordinator.close()
        }
    }
}

/// Listens, and answers every connection with the same bytes before it closes it; or never, for nil.
private final class AnsweringSocket: Sendable {
    let port: Int
    private let socket: Int32

    init(_ bytes: String?) throws {
        let bound = try #require(EtcdServer.bound(to: 0))
        (socket, port) = (bound.socket, bound.port)
        listen(socket, 8)
        guard let bytes else { return }
        let socket = socket
        Thread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { return }
                var request = [UInt8](repeating: 0, count: 4096)
                _ = read(connection, &request, request.count)
                _ = send(connection, bytes, bytes.utf8.count, Int32(MSG_NOSIGNAL))
                // A process that is just being started may have a copy of it.
                shutdown(connection, Int32(SHUT_RDWR))
                close(connection)
            }
        }.start()
    }

    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }
}
