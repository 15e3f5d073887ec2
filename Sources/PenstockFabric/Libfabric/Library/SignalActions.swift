#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What this process does at signals that end processes, to be put back after a library was opened.
///
/// Of the libraries that providers of libfabric bring, libinfinipath has SIGTERM and SIGINT end the process on the spot, whatever the program
/// wanted, and takes those of crashes too.
struct SignalActions {
    private static let numbers = [
        SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGPIPE, SIGTERM,
    ]

    private let actions: [(number: Int32, action: sigaction)]

    /// Those of now.
    init() {
        actions = Self.numbers.compactMap { number in
            var action = sigaction()
            return sigaction(number, nil, &action) == 0 ? (number, action) : nil
        }
    }

    func restore() {
        for (number, var action) in actions { sigaction(number, &action, nil) }
    }
}
