import Foundation
import PenstockBroker
import PenstockLog
import TestSupport
import Testing

/// The back-ends on which the contract of coordination is tested.
enum CoordinationBackend: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case files
    case etcd

    /// Those that can be tested here; the others are told of once.
    static let possible: [CoordinationBackend] = {
        if EtcdServer.program == nil { print("coordination over etcd is not tested: \(EtcdServer.isMissing)") }
        return allCases.filter { $0 == .files || EtcdServer.program != nil }
    }()

    var testDescription: String { rawValue }
}

/// What the processes of one test share.
final class CoordinationWorld: Sendable {
    let backend: CoordinationBackend
    private let folder: TestFolder
    private let namespace: String
    private let url: String

    /// - Parameter server: the etcd; nil for the one that all tests share.
    init(_ backend: CoordinationBackend, server: EtcdServer? = nil) async throws {
        self.backend = backend
        folder = try TestFolder()
        namespace = "test-\(UUID().uuidString)"
        url =
            if backend == .etcd {
                if let server { server.url } else { try await EtcdServer.sharedServer().url }
            } else {
                ""
            }
    }

    /// The coordinator of another process in this one.
    /// - Parameter lease: By default longer than a test: on a busy machine a lease that is short lapses.
    func coordinator(lease: Duration = .seconds(600)) async throws -> any Coordinator {
        let timing = LeaseTiming(lease: lease, pollInterval: .milliseconds(50))
        return switch backend {
        case .files: try await FileCoordinator(directory: folder("shared"), timing: timing)
        case .etcd:
            try EtcdCoordinator(
                endpoints: [url], namespace: namespace, timing: timing, requestTimeout: timing.lease / 2)
        }
    }

    /// The same for `penstock serve`.
    var arguments: [String] {
        switch backend {
        case .files: ["--coordination", "file:" + folder("shared")]
        case .etcd: ["--coordination", "etcd:" + url, "--cluster", namespace]
        }
    }

    /// The same for `CoordinationPeer`.
    var description: String {
        switch backend {
        case .files: "file:" + folder("shared")
        case .etcd: "etcd:\(namespace):\(url)"
        }
    }
}

/// A claim that must succeed at once.
func held(_ answer: ClaimAnswer) throws -> Lease {
    switch answer {
    case .held(let lease): return lease
    case .taken(let holder, _): throw Unexpected("the key is held by \(holder)")
    }
}

/// What becomes of a claim; nil where the machine is too busy for a short lease.
func attempt(_ key: CoordinationKey, for holder: String, on coordinator: any Coordinator) async throws -> ClaimAnswer? {
    do { return try await coordinator.claim(key, for: holder) } catch {
        guard [.timedOut, .contended, .unreachable].contains(error.code) else { throw error }
        return nil
    }
}

/// Claims until the key is held, however busy the machine is.
func takeOver(_ key: CoordinationKey, for holder: String, on coordinator: any Coordinator) async throws -> Lease {
    try await patiently {
        while true {
            if case .held(let lease) = try await attempt(key, for: holder, on: coordinator) { return lease }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// The first element that fits, or an error where there is none for a long time.
func first<Element: Sendable>(
    of stream: AsyncStream<Element>, where fits: @escaping @Sendable (Element) -> Bool
) async throws -> Element {
    try await patiently {
        for await element in stream where fits(element) { return element }
        throw Unexpected("the stream has ended")
    }
}

/// Does something that comes to its end in the end, and fails where it does not.
func patiently<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(240))
            throw Unexpected("nothing has come for minutes")
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
