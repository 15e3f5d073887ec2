/// Everything that a transport does, on one thread that runs no code of others but their handlers.
///
/// Looks for completions for a while after the last one, then sleeps until the queue of completions or another thread
/// wakes it, or the next deadline. While a provider does not take an operation it looks again soon: nothing becomes
/// readable then.
final class ProgressLoop {
    /// How soon to look again where nothing tells: at first, and at most.
    private static let shortestNap: UInt64 = 50_000
    private static let longestNap: UInt64 = 1_000_000
    /// After how many turns without sleep the endpoints are looked for that have something again.
    private static let turnsBetweenLooks = 16

    private let context: ProgressContext
    private let pollBudget: UInt64
    private var links: [UInt64: Link] = [:]
    private var listeners: [UInt64: ListeningEndpoint] = [:]
    private var nap = ProgressLoop.shortestNap
    private var lastEvent: UInt64 = 0
    private var turns = 0
    private var stops: [@Sendable () -> Void] = []

    init(_ context: ProgressContext, pollBudget: Duration) {
        self.context = context
        self.pollBudget = ProgressContext.nanoseconds(pollBudget)
    }

    /// Works until it is told to stop and all connections have ended. What is given is to be called when everything is
    /// closed.
    func run() -> [@Sendable () -> Void] {
        while !isDone {
            let commands = context.queue.take()
            context.look()
            for command in commands { perform(command) }
            retryStalled()
            let hasCome = pollActive()
            if context.now >= context.nextDeadline { expire() }
            forgetEnded()
            if hasCome || !commands.isEmpty {
                lastEvent = context.now
                nap = Self.shortestNap
                turns += 1
                if turns >= Self.turnsBetweenLooks { wait(0) }
            } else if !isDone, context.now - lastEvent >= pollBudget {
                sleep()
            }
        }
        for command in context.queue.close() { refuse(command) }
        return stops
    }

    /// Whether the thread has nothing to live for.
    private var isDone: Bool { !stops.isEmpty && links.isEmpty }

    /// Looks at all endpoints that may have something; false where none has.
    private func pollActive() -> Bool {
        var hasCome = false
        for id in context.active {
            if let link = links[id] {
                if link.poll() { hasCome = true }
            } else if let listener = listeners[id] {
                if listener.poll({ links[$0.id] = $0 }) { hasCome = true }
            }
        }
        return hasCome
    }

    // MARK: Waiting

    private func sleep() {
        guard context.queue.maySleep() else { return }
        defer { context.queue.isAwake() }
        guard letGo() else { return }
        context.look()
        var longest: UInt64?
        if context.nextDeadline != .max { longest = context.nextDeadline - min(context.now, context.nextDeadline) }
        if !context.stalled.isEmpty || !context.active.isEmpty {
            longest = min(longest ?? .max, nap)
            nap = min(2 * nap, Self.longestNap)
        }
        wait(longest)
    }

    private func wait(_ nanoseconds: UInt64?) {
        turns = 0
        context.sleep(nanoseconds: nanoseconds) { id in
            if let endpoint = endpoint(id) { context.activate(endpoint) }
        }
    }

    /// Leaves the active endpoints to their descriptors; false where one has something. Those without a descriptor stay
    /// active.
    private func letGo() -> Bool {
        var kept: [UInt64] = []
        for (at, id) in context.active.enumerated() {
            guard let endpoint = endpoint(id) else { continue }
            guard endpoint.maySleep() else {
                context.active = kept + context.active[at...]
                return false
            }
            endpoint.isActive = endpoint.descriptor == nil
            if endpoint.isActive { kept.append(id) }
        }
        context.active = kept
        return true
    }

    private func endpoint(_ id: UInt64) -> Endpoint? { links[id]?.endpoint ?? listeners[id]?.endpoint }

    private func retryStalled() {
        if context.stalled.isEmpty { return }
        let stalled = context.stalled
        context.stalled.removeAll(keepingCapacity: true)
        for id in stalled { links[id]?.attempt { () throws(FabricError) in } }
    }

    private func expire() {
        context.setNextDeadline(.max)
        // In the order in which they were made, so that no hash decides who is told first.
        for id in links.keys.sorted() {
            guard let due = links[id]?.expire(), due < context.nextDeadline else { continue }
            context.setNextDeadline(due)
        }
    }

    private func forgetEnded() {
        if context.ended.isEmpty { return }
        for id in context.ended { links[id] = nil }
        context.ended.removeAll(keepingCapacity: true)
    }

    // MARK: What others ask for

    private func perform(_ command: ProgressQueue.Command) {
        switch command {
        case .listen(let request): listen(request)
        case .unlisten(let id, let done):
            listeners.removeValue(forKey: id)?.close()
            done()
        case .connect(let request): connect(request)
        case .look(let id): links[id]?.look()
        case .pull(let id, let request):
            guard let link = links[id] else {
                return request.pulled(FabricError(.closed, "the connection was closed before the payload was pulled"))
            }
            link.pull(request)
        case .decline(let id, let payload): links[id]?.decline(payload)
        case .stop(let done):
            stops.append(done)
            for listener in listeners.values { listener.close() }
            listeners = [:]
            for id in links.keys.sorted() { links[id]?.connection.close() }
        }
    }

    private func listen(_ request: ListenRequest) {
        if !stops.isEmpty { return request.done(.failure(.transportClosed)) }
        do throws(FabricError) {
            let listener = try ListeningEndpoint(context, request)
            listeners[listener.id] = listener
            request.done(.success(LibfabricListener(listener.id, .endpoint(listener.address), context.queue)))
        } catch {
            request.done(.failure(error))
        }
    }

    private func connect(_ request: ConnectRequest) {
        if !stops.isEmpty { return request.done(.failure(.transportClosed)) }
        do throws(FabricError) {
            let info = context.domain.info
            let connection = LibfabricConnection(
                FabricPeer(address: info.text(request.address)), context.makeIdentifier(), context.limits, context.queue
            )
            let endpoint = try context.makeEndpoint(connection.link)
            let hello = Greeting(
                context.identity, context.domain.mode, context.limits, try endpoint.name(),
                ticket: request.ticket?.number ?? 0)
            let link = Link(
                context, connection, .client(hello: hello, done: request.done),
                Handshake(secret: request.ticket?.secret), request.handler, endpoint,
                to: try endpoint.insert(request.address))
            links[link.id] = link
            link.begin()
        } catch {
            request.done(.failure(error))
        }
    }

    /// Answers a command that came too late.
    private func refuse(_ command: ProgressQueue.Command) {
        switch command {
        case .listen(let request): request.done(.failure(.transportClosed))
        case .unlisten(_, let done): done()
        case .connect(let request): request.done(.failure(.transportClosed))
        case .pull(_, let request): request.pulled(.transportClosed)
        case .stop(let done): stops.append(done)
        case .look, .decline: break
        }
    }
}
