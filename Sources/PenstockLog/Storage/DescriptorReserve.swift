#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// File descriptors that the log leaves to the runtime of the process.
///
/// Dispatch ends the process by an illegal instruction where it gets none: when its first thread starts (epoll(7), eventfd(2) and
/// timerfd(2)), when the main thread gives way (eventfd(2)), and each second in which threads are busy (a file of proc(5)). So there is
/// an error before that, while somebody can still be told.
package enum DescriptorReserve {
    /// What a process needs to begin: four for Dispatch, what is left to it later, and one for a file.
    private static let neededAtStart = 8
    /// What is left to Dispatch by every opening of a file: two timers and the file of proc(5).
    private static let kept = 3

    /// Checks that enough descriptors are free to begin. Has to come before the first task of a program that opens a log: so its
    /// `main` cannot be asynchronous.
    ///
    /// - Parameter what: what the program is about to do, as a verb with its object.
    /// - Throws: `LogError` with code `tooManyOpenFiles`.
    package static func check(_ what: String) throws(LogError) {
        guard !hasFree(neededAtStart) else { return }
        throw LogError(
            .tooManyOpenFiles, "too many open files to \(what): fewer than \(neededAtStart) file descriptors are free",
            hint: "raise the limit (ulimit -n) or close files")
    }

    /// Whether a descriptor just opened, the lowest that was free, is one of those that are left to the runtime.
    static func isTouched(by number: CInt) -> Bool { Int(number) >= limit - kept }

    /// Whether the log may take another descriptor.
    static var allowsOneMore: Bool { hasFree(kept + 1) }

    private static func hasFree(_ count: Int) -> Bool {
        var free = 0
        var number = 0
        let limit = limit
        while free < count, number < limit {
            if fcntl(CInt(number), F_GETFD) < 0 { free += 1 }
            number += 1
        }
        return free == count
    }

    /// No number of a descriptor is as high.
    private static var limit: Int {
        var limits = rlimit()
        #if canImport(Glibc)
            let code = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        #else
            let code = getrlimit(RLIMIT_NOFILE, &limits)
        #endif
        return code == 0 ? Int(clamping: min(limits.rlim_cur, rlim_t(CInt.max))) : Int(CInt.max)
    }
}
