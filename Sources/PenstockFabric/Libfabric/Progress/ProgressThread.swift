#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A thread of the system's own, outside of the pools of Swift and Dispatch, because it waits in calls of the library.
enum ProgressThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that ends when `body` does.
    static func start(_ body: @escaping @Sendable () -> Void) throws(FabricError) {
        let argument = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw FabricError(
                .unavailable, "the system gives no thread: error \(status)",
                hint: "raise the limit of processes (ulimit -u)")
        }
        pthread_detach(thread)
    }
}
