import Foundation
import PenstockEvents
import PenstockLog

/// A small log that was written once and committed, in `Tests/Interop/golden-log`: what users have on their disks.
enum GoldenLog {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Interop/golden-log").standardizedFileURL.path
    static let frames = TopicPartition("frames")
    static let packed = TopicPartition("packed")

    /// Set to write the fixture anew: for a change of the format that is meant, with a new version.
    static let isWrittenAnew = ProcessInfo.processInfo.environment["PENSTOCK_WRITE_GOLDEN_LOG"] != nil

    /// The events of the batch `number`, and whether they have key hashes.
    static func events(_ number: Int) -> [CompressedFrame] {
        switch number {
        case 0: [frame(1, "ab", 3), frame(2, "", 2000)]
        case 1: [frame(3, "one block and more", 70_000, codec: .bitshuffleLZ4), frame(4, "none", 0)]
        default: [frame(5, "of a producer", 17)]
        }
    }

    private static func frame(_ number: UInt64, _ label: String, _ count: Int, codec: PayloadCodec = .raw)
        -> CompressedFrame
    {
        CompressedFrame(
            number: number, label: label,
            pixels: (0..<count).map { UInt8(truncatingIfNeeded: $0 / 16) &+ UInt8(number) },
            codec: codec)
    }

    static func time(of frame: CompressedFrame) -> Timestamp { Timestamp(nanoseconds: 1000 - Int64(frame.number)) }

    static func batch(_ number: Int) -> RecordBatchBuilder {
        var records = RecordWriter()
        let frames = events(number)
        for frame in frames { records.append(frame) }
        var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
        builder.append(
            records: records, times: frames.map { time(of: $0).nanoseconds },
            keyHashes: number == 0 ? frames.map { $0.number << 32 } : [])
        return builder
    }

    /// Writes the log as the fixture was written: with a clock and random numbers that are always the same.
    static func write(to path: String) async throws {
        let log = try await EmbeddedLog(
            directory: path, storage: FileStorage(directWrites: .never), clock: FixedClock(),
            randomNumbers: FixedNumbers())
        for (partition, codec) in [(frames, BatchCodec.raw), (packed, .lz4)] {
            _ = try await log.createTopic(
                partition.topic, schema: Frame.schema,
                configuration: TopicConfiguration(durability: .pageCache, segmentBytes: 1 << 20, codec: codec))
            let writer = try await log.writer(for: partition)
            try await writer.append(batch(0))
            try await writer.append(control: .timeMark(Timestamp(nanoseconds: 2000)))
            try await writer.append(batch(1))
            let producer = try await writer.producer(named: "detector")
            try await writer.append(batch(2), from: producer.stamp(0))
            try await writer.append(control: .endOfStream)
            try await writer.close()
        }
    }

    /// The files below a log's directory, sorted, but for those that name the process that wrote them.
    static func files(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted().filter { name in
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(directory)/\(name)", isDirectory: &isDirectory)
            return !isDirectory.boolValue && !name.hasSuffix("/owner")
        }
    }
}

/// Numbers that are the same in every run.
private final class FixedNumbers: RandomSource {
    private let last = Guarded<UInt64>(0x0123_4567_89AB_CDEF)

    func next() -> UInt64 {
        last.withLock { last in
            last &+= SplitMix64.golden
            return SplitMix64.mix(last)
        }
    }
}
