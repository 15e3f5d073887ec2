internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import PenstockEvents
internal import PenstockLog

/// Requests to etcd's JSON gateway over a few connections, each with a deadline, to whichever of the endpoints answers.
final class EtcdClient: Sendable {
    /// Connections that are kept between requests.
    private static let idleLimit = 4
    private static let firstPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(1)

    private struct State {
        /// The endpoint that has answered last.
        var preferred = 0
        var idle: [(endpoint: EtcdEndpoint, channel: any Channel)] = []
        var isClosed = false
    }

    /// An attempt that has failed.
    private struct Failure: Error {
        let reason: String
        /// Whether the request may have been carried out.
        var wasSent = false
    }

    private let endpoints: [EtcdEndpoint]
    private let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    private let state = Guarded(State())

    init(_ endpoints: [EtcdEndpoint]) {
        precondition(!endpoints.isEmpty, "a client of etcd has an endpoint")
        self.endpoints = endpoints
    }

    /// Carries out a request and returns the answer's body.
    ///
    /// What did not reach an endpoint is tried at the next one, with pauses, until the time is over.
    /// - Parameter isRepeatable: whether it does no harm to carry it out twice.
    /// - Throws: `CoordinatorError` with code `unreachable`, `refused` or `closed`.
    func call(
        _ request: EtcdRequest, isRepeatable: Bool, within timeout: Duration
    ) async throws(CoordinatorError) -> ByteBuffer {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        var pause = Self.firstPause
        while true {
            let endpoint = try preferred()
            let failure: Failure
            switch await attempt(request, at: endpoint, until: deadline) {
            case .success(let answer) where answer.status == 200: return answer.body
            case .success(let answer):
                let message = EtcdAnswers.message(of: answer)
                // Higher ones come from an etcd that has no leader, or is on its way down.
                if answer.status < 500 { throw Self.refused(message, by: endpoint) }
                failure = Failure(reason: message, wasSent: true)
            case .failure(let error): failure = error
            }
            turn(from: endpoint)
            let isOver = NIODeadline.now() + TimeAmount(pause) >= deadline || Task.isCancelled
            if isOver || (failure.wasSent && !isRepeatable) { throw unreachable(endpoint, failure.reason) }
            await SystemMonotonicClock().sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Carries out a request whose answer does not end, on a connection of its own, and gives its pieces to `received`. Returns when the
    /// connection has ended or the task is cancelled.
    func follow(
        _ request: EtcdRequest, connectingWithin timeout: Duration,
        _ received: @escaping @Sendable (ByteBuffer) -> Void
    ) async throws(CoordinatorError) {
        let endpoint = try preferred()
        let reason: String
        do {
            let channel = try await connect(to: endpoint, until: NIODeadline.now() + TimeAmount(timeout))
            let answer = try await withTaskCancellationHandler {
                try await Self.exchange(request, on: channel, received)
            } onCancel: {
                channel.close(promise: nil)
            }
            channel.close(promise: nil)
            if answer.status == 200 { return }
            reason = EtcdAnswers.message(of: answer)
        } catch {
            reason = Self.reason(error)
        }
        turn(from: endpoint)
        throw unreachable(endpoint, reason)
    }

    /// Closes the connections that nobody uses; what is on its way comes to its end.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle.map { $0.channel }
        }
        for channel in idle { channel.close(promise: nil) }
    }

    // MARK: One attempt

    private func attempt(
        _ request: EtcdRequest, at endpoint: EtcdEndpoint, until deadline: NIODeadline
    ) async -> Result<EtcdAnswer, Failure> {
        let channel: any Channel
        do {
            if let idle = takeIdle(endpoint) {
                channel = idle
            } else {
                channel = try await connect(to: endpoint, until: deadline)
            }
        } catch {
            return .failure(Failure(reason: Self.reason(error)))
        }
        let timer = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            let answer = try await Self.exchange(request, on: channel, nil)
            keep(channel, endpoint)
            return .success(answer)
        } catch {
            let isLate = NIODeadline.now() >= deadline
            return .failure(Failure(reason: isLate ? "no answer in time" : Self.reason(error), wasSent: true))
        }
    }

    private static func exchange(
        _ request: EtcdRequest, on channel: any Channel, _ received: (@Sendable (ByteBuffer) -> Void)?
    ) async throws -> EtcdAnswer {
        let answer = channel.eventLoop.makePromise(of: EtcdAnswer.self)
        let call = EtcdCall(request: request, received: received, answer: answer)
        channel.writeAndFlush(call).whenFailure { answer.fail($0) }
        return try await answer.futureResult.get()
    }

    private func connect(to endpoint: EtcdEndpoint, until deadline: NIODeadline) async throws -> any Channel {
        try await ClientBootstrap(group: group)
            .connectTimeout(max(deadline - .now(), .milliseconds(1)))
            // A machine that has gone is missed also where only answers are waited for.
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        EtcdExchange(host: "\(endpoint.host):\(endpoint.port)"))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port).get()
    }

    // MARK: Connections and endpoints

    private func preferred() throws(CoordinatorError) -> EtcdEndpoint {
        let endpoint = state.withLock { $0.isClosed ? nil : endpoints[$0.preferred] }
        guard let endpoint else { throw CoordinatorError.isClosed }
        return endpoint
    }

    /// Goes on to the next endpoint, unless another request has done so.
    private func turn(from endpoint: EtcdEndpoint) {
        state.withLock { state in
            if endpoints[state.preferred] == endpoint { state.preferred = (state.preferred + 1) % endpoints.count }
        }
    }

    private func takeIdle(_ endpoint: EtcdEndpoint) -> (any Channel)? {
        state.withLock { state in
            state.idle.removeAll { !$0.channel.isActive }
            guard let index = state.idle.lastIndex(where: { $0.endpoint == endpoint }) else { return nil }
            return state.idle.remove(at: index).channel
        }
    }

    private func keep(_ channel: any Channel, _ endpoint: EtcdEndpoint) {
        let isKept = state.withLock { state in
            guard channel.isActive, !state.isClosed, state.idle.count < Self.idleLimit else { return false }
            state.idle.append((endpoint, channel))
            return true
        }
        if !isKept { channel.close(promise: nil) }
    }

    // MARK: Failures

    private func unreachable(_ endpoint: EtcdEndpoint, _ reason: String) -> CoordinatorError {
        let others = endpoints.count > 1 ? ", nor can the \(endpoints.count - 1) other endpoints" : ""
        return CoordinatorError(
            .unreachable, "etcd at \(endpoint) cannot be reached\(others): \(reason)",
            hint: "check that it runs there and has a leader: etcdctl --endpoints \(endpoint) endpoint health")
    }

    private static func refused(_ message: String, by endpoint: EtcdEndpoint) -> CoordinatorError {
        CoordinatorError(
            .refused, "etcd at \(endpoint) refuses a request: \(message)",
            hint: "version 3.4 or later with its JSON gateway is needed, without authentication of users")
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case EtcdFailure.connectionClosed: "the connection was closed"
        case EtcdFailure.answerTooLong: "its answer is longer than \(EtcdExchange.answerLimit) bytes"
        case ChannelError.connectTimeout: "no connection in time"
        case let error as NIOConnectionError where error.connectionErrors.isEmpty: "the host is not known"
        case let error as NIOConnectionError: reason(error.connectionErrors[0].error)
        default: "\(error)"
        }
    }
}
