import Foundation
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer

extension BrokerSuites {
    /// A broker whose disk is full for a while.
    @Suite("A broker whose disk is full")
    struct FullDiskTests {
        /// A file system of a few megabytes in memory, which goes with the namespace that alone sees it.
        private struct SmallDisk {
            let namespace: Namespace
            let path: String
            private let folder: TestFolder

            init() async throws {
                folder = try TestFolder()
                path = folder.path
                namespace = try await Namespace(.mounts, "mount -t tmpfs -o size=16m tmpfs '\(folder.path)'")
            }

            /// Takes all the room there is.
            func fill() throws {
                let file = open(namespace.path(path) + "/ballast", O_WRONLY | O_CREAT, 0o600)
                defer { close(file) }
                let block = [UInt8](repeating: 1, count: 4096)
                while write(file, block, block.count) > 0 {}
            }

            func empty() throws { try FileManager.default.removeItem(atPath: namespace.path(path) + "/ballast") }
        }

        @Test(
            "clients are told that there is no space, what was acknowledged is there, and appending goes on with space",
            .enabled("needs the right to mount a file system") { (try? await SmallDisk()) != nil })
        func fullDisk() async throws {
            let disk = try await SmallDisk()
            let launcher = disk.namespace.launcher
            let served = try await ServedLog(directory: disk.path + "/log", launchers: (launcher, launcher))
            let stop = served.folder("stop")
            let producer = try served.produce(1, "--pause", "1", "--until", stop)
            try await progress(of: producer)
            try disk.fill()
            try await producer.line("waits no-space")
            let reader = try served.consume()
            try await reader.line("read 1 ")
            try disk.empty()
            try await progress(of: producer)
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try await reader.kill()
            try await served.stop()
            let contents = try await ServedLog.contents(of: disk.namespace.path(disk.path) + "/log")
            check(contents, of: [1: producer], "a disk that was full")
        }
    }
}
