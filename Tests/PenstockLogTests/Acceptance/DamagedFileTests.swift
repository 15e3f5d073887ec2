import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Files that were cut or overwritten")
struct DamagedFileTests {
    private static let frames = TopicPartition("frames")

    /// A hundred frames of 1 KiB, ten a batch, in one segment.
    private func fill(_ scratch: Scratch) async throws {
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        _ = try await log.createTopic("frames", schema: Frame.schema, configuration: .init())
        let writer = try await log.writer(for: Self.frames)
        for start in stride(from: 0, to: 100, by: 10) {
            var builder = RecordBatchBuilder(schemaID: Frame.schema.id)
            for number in start..<start + 10 {
                builder.append(Self.frame(number), time: Timestamp(nanoseconds: Int64(number)))
            }
            try await writer.append(builder)
        }
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
    }

    private static func frame(_ number: Int) -> Frame {
        Frame(
            number: UInt64(number), label: "\(number)",
            pixels: (0..<1024).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* $0) })
    }

    /// What a reader delivers before it throws, frame by frame equal to what was appended; and what it throws.
    private func read(_ log: EmbeddedLog) async throws -> (delivered: Int, error: LogError?) {
        let reader = try await log.reader(for: Self.frames, from: .earliest)
        var delivered = 0
        do throws(LogError) {
            while let entry = try await reader.next() {
                guard case .records(let records) = entry else { continue }
                for index in 0..<records.count {
                    #expect((try? records.event(Frame.self, at: index)) == Self.frame(delivered))
                    delivered += 1
                }
            }
            return (delivered, nil)
        } catch {
            return (delivered, error)
        }
    }

    @Test(
        "L2: of a sealed file that was cut to half, its index intact, the good prefix comes, then an error with offsets"
    )
    func cutSealed() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        let file = try #require(try scratch.segments(Self.frames).first)
        #expect(FileManager.default.fileExists(atPath: file.replacingOccurrences(of: ".segment", with: ".index")))
        try cut(file, to: byteCount(file) / 2)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let (delivered, error) = try await read(log)
        #expect(delivered > 0 && delivered < 50 && delivered % 10 == 0)
        #expect(error?.code == .damaged && error?.place.offsets == UInt64(delivered)..<100)
        let writer = try await log.writer(for: Self.frames)
        #expect(log.recoveryReports.map(\.lostOffsets) == [UInt64(delivered)..<100])
        try await writer.close()
    }

    @Test("L2: of a crashed process's file that was cut to half the tail is cut and announced, the good prefix comes")
    func cutUnsealed() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        let file = try #require(try scratch.segments(Self.frames, log: "crashed").first)
        // Without the head nobody knows that more had been acknowledged.
        try FileManager.default.removeItem(atPath: scratch.path("crashed/frames/0/head"))
        try cut(file, to: byteCount(file) / 2)
        let log = try await EmbeddedLog(directory: scratch.path("crashed"))
        let before = try await read(log)
        #expect(before.delivered > 0 && before.delivered < 50 && before.error == nil)
        let writer = try await log.writer(for: Self.frames)
        let report = try #require(log.recoveryReports.first)
        #expect(report.nextOffset == UInt64(before.delivered) && report.bytesDropped > 0 && report.lostOffsets == nil)
        try await writer.close()
        #expect(try await read(log).delivered == before.delivered)
    }

    @Test(
        "L3: of a batch whose payload was overwritten by 8 bytes nothing comes, but an error with partition and offsets"
    )
    func overwritten() async throws {
        let scratch = Scratch()
        try await fill(scratch)
        let file = try #require(try scratch.segments(Self.frames).first)
        // Somewhere in the pixels of frame 34.
        let content = try Data(contentsOf: URL(fileURLWithPath: file))
        let place = try #require(content.range(of: Data(Self.frame(34).pixels[200..<300])))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(place.lowerBound))
        try handle.write(contentsOf: Data("OVERLAID".utf8))
        try handle.close()
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        let (delivered, error) = try await read(log)
        #expect(delivered == 30)
        #expect(error?.code == .damaged && error?.place.partition == Self.frames && error?.place.offsets == 30..<40)
        #expect(error?.place.file == file && error?.summary.contains("frames/0") == true)
    }
}
