#if os(Linux)
    internal import Dispatch
    internal import PenstockEvents

    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// Watches directories by inotify(7): one descriptor and one source of Dispatch for the whole process, so that nothing runs while
    /// nothing changes.
    ///
    /// Nothing of it is ever given back but single watches. The system bounds those (`fs.inotify.max_user_watches`); where it refuses one, whoever asked has to look now and then.
    final class Inotify: Sendable {
        private struct Directory {
            var users = 0
            var changes: UInt64 = 0
            var waiting: [UInt64: Waiter] = [:]
        }

        private struct Waiter {
            let continuation: CheckedContinuation<Void, Never>
            let timer: Task<Void, Never>

            func wake() {
                timer.cancel()
                continuation.resume()
            }
        }

        private struct State {
            /// By the number that inotify has for the directory.
            var directories: [CInt: Directory] = [:]
            var nextWaiter: UInt64 = 0
        }

        /// Nil where the process may have no descriptor for it.
        static let shared = Inotify()

        // A partition's head says that there is more; what else is written to only follows it.
        private static let headName = "head"
        private static let events = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_CLOSE_WRITE)
        private static let bufferBytes = 64 << 10

        private let descriptor: CInt
        private let state = Guarded(State())

        private init?() {
            guard DescriptorReserve.allowsOneMore else { return nil }
            descriptor = inotify_init1(CInt(O_NONBLOCK | O_CLOEXEC))
            guard descriptor >= 0 else { return nil }
            let source = DispatchSource.makeReadSource(
                fileDescriptor: descriptor, queue: DispatchQueue(label: "penstock-log.changes"))
            // The source lives as long as its handler, which holds it: for the whole process, as `shared` does.
            source.setEventHandler { withExtendedLifetime(source) { self.readEvents() } }
            source.resume()
        }

        /// A watch of a directory, or nil where the system refuses it.
        func watch(_ path: String) -> (any DirectoryWatch)? {
            let number = state.withLock { state -> CInt? in
                let number = inotify_add_watch(descriptor, path, Self.events)
                guard number >= 0 else { return nil }
                state.directories[number, default: Directory()].users += 1
                return number
            }
            return number.map { Watch(self, $0) }
        }

        private final class Watch: DirectoryWatch {
            private let inotify: Inotify
            private let number: CInt

            init(_ inotify: Inotify, _ number: CInt) {
                self.inotify = inotify
                self.number = number
            }

            deinit { inotify.release(number) }

            var changes: UInt64 { inotify.state.withLock { $0.directories[number]?.changes ?? 0 } }

            func wait(beyond seen: UInt64, atMost duration: Duration) async {
                let waiter = inotify.state.withLock { state in
                    defer { state.nextWaiter += 1 }
                    return state.nextWaiter
                }
                await withTaskCancellationHandler {
                    await withCheckedContinuation {
                        inotify.add($0, waiter, of: number, beyond: seen, atMost: duration)
                    }
                } onCancel: {
                    inotify.wake(waiter, of: number)
                }
            }
        }

        private func add(
            _ continuation: CheckedContinuation<Void, Never>, _ waiter: UInt64, of number: CInt, beyond seen: UInt64,
            atMost duration: Duration
        ) {
            let waits = state.withLock { state in
                guard !Task.isCancelled, let directory = state.directories[number], directory.changes <= seen else {
                    return false
                }
                let timer = Task {
                    try? await Task.sleep(for: duration)
                    self.wake(waiter, of: number)
                }
                state.directories[number]?.waiting[waiter] = Waiter(continuation: continuation, timer: timer)
                return true
            }
            if !waits { continuation.resume() }
        }

        private func wake(_ waiter: UInt64, of number: CInt) {
            state.withLock { $0.directories[number]?.waiting.removeValue(forKey: waiter) }?.wake()
        }

        private func release(_ number: CInt) {
            state.withLock { state in
                state.directories[number]?.users -= 1
                guard state.directories[number]?.users == 0 else { return }
                state.directories[number] = nil
                inotify_rm_watch(descriptor, number)
            }
        }

        private func readEvents() {
            withUnsafeTemporaryAllocation(byteCount: Self.bufferBytes, alignment: 8) { buffer in
                while true {
                    let count = read(descriptor, buffer.baseAddress, buffer.count)
                    guard count > 0 else { return }
                    take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
        }

        private func take(_ bytes: UnsafeRawBufferPointer) {
            var position = 0
            while position < bytes.count {
                let event = bytes.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                let nameStart = position + MemoryLayout<inotify_event>.size
                let name = bytes[nameStart..<nameStart + Int(event.len)].prefix { $0 != 0 }
                position = nameStart + Int(event.len)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    for number in state.withLock({ Array($0.directories.keys) }) { note(number) }
                } else if event.mask & UInt32(IN_MODIFY) == 0 || name.elementsEqual(Self.headName.utf8) {
                    note(event.wd)
                }
            }
        }

        private func note(_ number: CInt) {
            let waiting = state.withLock { state in
                state.directories[number]?.changes += 1
                let waiting = state.directories[number]?.waiting ?? [:]
                state.directories[number]?.waiting = [:]
                return waiting
            }
            for waiter in waiting.values { waiter.wake() }
        }
    }
#endif
