internal import Foundation

/// What the jobs of a run have printed, in the files of its folder `log`.
public final class RunLogs {
    private let folder: RunFolder
    /// How much of each file was printed.
    private var printed: [String: UInt64] = [:]
    private var shown: String?

    /// Nothing has been printed yet.
    public init(_ folder: RunFolder) { self.folder = folder }

    /// Prints what has come since, in the order of attempts. Where there is more than one file, a line says which it is.
    public func printNew() {
        let names = folder.names(in: "log")
        for name in names {
            guard let file = FileHandle(forReadingAtPath: folder("log/\(name)")) else { continue }
            defer { try? file.close() }
            let start = printed[name] ?? 0
            try? file.seek(toOffset: start)
            while let data = try? file.read(upToCount: 1 << 20), !data.isEmpty {
                if shown != name, names.count > 1 { FileHandle.standardOutput.write(Data("==> \(name) <==\n".utf8)) }
                shown = name
                FileHandle.standardOutput.write(data)
                printed[name, default: 0] += UInt64(data.count)
            }
        }
    }

    /// Waits until there is more to print, or the time is over. Files may be written on another machine: they are looked at, not listened to.
    public func waitForMore(atMost time: Duration) async throws {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(250))
            for name in folder.names(in: "log") {
                let size = try? FileManager.default.attributesOfItem(atPath: folder("log/\(name)"))[.size] as? UInt64
                if size ?? 0 > printed[name] ?? 0 { return }
            }
        }
    }
}
