internal import Foundation
internal import PenstockEvents
internal import PenstockLog

/// What `penstock doctor` finds out about a directory for logs: it makes a log there, and uses it.
struct DirectoryCheck {
    private static let appends = 20
    private static let spaceWanted = 1 << 30

    private let path: String

    init(_ path: String) { self.path = path }

    func findings() async -> [Finding] {
        var findings = [space()]
        let scratch = path + "/penstock-doctor-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        do throws(LogError) { findings += try await use(scratch) } catch {
            findings.append(Finding(.bad, "log", error.summary, hint: error.hint))
        }
        return findings
    }

    private func space() -> Finding {
        let free = try? FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int
        guard let free else { return Finding(.note, "space", "the free space of \(path) is not known") }
        return Finding(
            free >= Self.spaceWanted ? .good : .note, "space", "\(ByteCount.text(free)) free in \(path)",
            hint: free >= Self.spaceWanted ? nil : "raw streams fill a disk fast: use a larger one, or retention")
    }

    private func use(_ scratch: String) async throws(LogError) -> [Finding] {
        let log = try await EmbeddedLog(directory: scratch)
        let schema = Schema("Probe", fields: [.init("number", .u64)], payload: .init("bytes", .bytes))
        _ = try await log.createTopic("probe", schema: schema, configuration: TopicConfiguration(durability: .durable))
        let writer = try await log.writer(for: TopicPartition("probe"))
        var times: [Duration] = []
        let clock = ContinuousClock()
        for number in 0..<Self.appends {
            var batch = RecordBatchBuilder(schemaID: schema.id)
            withUnsafeBytes(of: UInt64(number).littleEndian) { attributes in
                [Int64(number)].withUnsafeBufferPointer { times in
                    batch.append(block: attributes, times: times, payloads: Payload(byteCount: 1 << 20) { _ in })
                }
            }
            let start = clock.now
            try await writer.append(batch)
            times.append(clock.now - start)
        }
        let reader = try await log.reader(for: TopicPartition("probe"), from: .earliest)
        var read = 0
        while read < Self.appends, case .records(let records)? = try await reader.next() { read += records.count }
        await reader.close()
        try await writer.close()
        let median = times.sorted()[Self.appends / 2] / .milliseconds(1)
        let isWhole = read == Self.appends
        var findings = [
            Finding(
                isWhole ? .good : .bad, "log",
                isWhole
                    ? "a durable append of 1 MiB takes \((median * 10).rounded() / 10) ms in \(path)"
                    : "\(read) of \(Self.appends) records came back",
                hint: isWhole ? nil : "use another file system")
        ]
        findings += log.storageNotes.map { Finding(.note, "storage", $0) }
        if FileStorage().watch(scratch) == nil {
            findings.append(
                Finding(
                    .note, "watching",
                    "directories cannot be watched here: readers of other processes look again and again"))
        }
        return findings
    }
}
