#if canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#endif

/// A value behind a lock of the system, for the places where threads hand events to each other.
///
/// `Synchronization.Mutex` does the same, but the thread sanitizer does not see its lock and reports everything that was handed over.
/// Ownership: the object owns lock and value from `init` to `deinit`; the value is touched in `withLock` only, which makes the unchecked
/// conformance sound.
package final class Guarded<Value: ~Copyable>: @unchecked Sendable {
    @usableFromInline let lock: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var value: Value

    package init(_ value: consuming sending Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        let status = pthread_mutex_init(lock, nil)
        precondition(status == 0, "a lock cannot be made: error \(status)")
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// Calls `body` with the value while no other thread has it.
    @inlinable package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }

    /// The same, or nil at once where another thread has it.
    @inlinable package func withLockIfAvailable<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
        guard pthread_mutex_trylock(lock) == 0 else { return nil }
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}
