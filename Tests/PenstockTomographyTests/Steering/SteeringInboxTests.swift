import Dispatch
import PenstockEvents
import PenstockLog
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct SteeringInboxTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let topics = SteeringTopics(["steering"], recording: "projections")

    private func open(_ scan: UInt64, _ log: EmbeddedLog) async throws -> SteeringInbox {
        // It blocks, as on the thread of a stage.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try SteeringInbox(Self.topics, of: ScanID(scan), in: log) })
            }
        }
    }

    private func append(_ frames: [(Int64, Frame)], with writer: any TopicWriter) async throws {
        var batch = RecordBatchBuilder(schemaID: Frame.schema.id)
        for (time, frame) in frames { batch.append(frame, time: Timestamp(nanoseconds: time)) }
        _ = try await writer.append(batch)
    }

    private func steering(_ text: String) throws -> Steering { try #require(Steering(text)) }

    @Test("what the recording of the scan has comes again at its place, and what is new behind all of it")
    func recorded() async throws {
        let log = try await EmbeddedLog(directory: folder("log"))
        _ = try await log.createTopic("projections", schema: Frame.schema, configuration: TopicConfiguration())
        let writer = try await log.writer(for: TopicPartition("projections"))
        for scan in [3, 4] as [UInt64] {
            _ = try await writer.append(control: .scanStart(ScanStart(scan: ScanID(scan))))
            let change = try steering("id=\(scan) centre=\(10 * scan)")
            try await append(
                [
                    (0, .row(.flat, [9], scan: scan)), (1, .row(.projection, [5], scan: scan)),
                    (2, Frame(change, scan: ScanID(scan), before: 1)),
                    (3, .row(.projection, [5], index: 1, scan: scan)),
                ], with: writer)
        }
        let inbox = try await open(4, log)
        #expect(inbox.next(at: 0) == nil && inbox.frames(upTo: 8, from: 0) == 2)
        #expect(inbox.next(at: 2)?.description == "id=4 centre=40.0")
        #expect(inbox.next(at: 3) == nil && inbox.frames(upTo: 8, from: 3) == 8)

        // Another process steers, and the source takes it.
        async let taken = log.steer(steering("slices=0"), timeout: .seconds(60))
        var change: Steering?
        while change == nil {
            change = inbox.next(at: 4)
            try await Task.sleep(for: .milliseconds(1))
        }
        let steered = try #require(change)
        #expect(steered.changes == "slices=0" && inbox.next(at: 5) == nil)
        try await append([(4, Frame(steered, scan: ScanID(4), before: 2))], with: writer)
        let place = try await taken
        #expect(place.scan == ScanID(4) && place.projection == 2)
        // A scan that begins now is not meant by it.
        #expect(try await open(5, log).next(at: 0) == nil)

        await #expect(throws: TomographyError.steeringNotTaken(.milliseconds(20))) {
            try await log.steer(self.steering("stop"), timeout: .milliseconds(20))
        }
        try await writer.close()
        await #expect(throws: TomographyError.noRunningScan) {
            try await log.steer(self.steering("stop"), timeout: .seconds(60))
        }
    }
}
