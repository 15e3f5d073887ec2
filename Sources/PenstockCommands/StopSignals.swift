internal import Dispatch
internal import Foundation

/// Signals that ask a program to stop, as a call; the second one ends it at once. Or to do something again and again.
package struct StopSignals {
    /// Ctrl-C.
    package static let interrupt = [SIGINT]
    /// Ctrl-C, and what service managers and batch systems send.
    package static let all = [SIGINT, SIGTERM]
    /// What asks a service to read its files again.
    package static let reload = [SIGHUP]

    private let sources: [any DispatchSourceSignal]

    package init(_ numbers: [Int32] = all, again: Bool = false, _ stop: @escaping @Sendable () -> Void) {
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stop()
                if !again { signal(number, SIG_DFL) }
            }
            // A signal that came before the source is in place would be gone without a trace.
            let isInPlace = DispatchSemaphore(value: 0)
            source.setRegistrationHandler { isInPlace.signal() }
            source.resume()
            isInPlace.wait()
            return source
        }
    }

    /// Listens no more.
    package func cancel() {
        for source in sources { source.cancel() }
    }
}
