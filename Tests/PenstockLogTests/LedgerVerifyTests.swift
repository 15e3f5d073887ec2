import Foundation
import PenstockEvents
import PenstockLog
import Testing

@Suite("Verification of producers and transactions")
struct LedgerVerifyTests {
    private func verified(_ scratch: Scratch, log: String = "log") async throws -> VerificationReport {
        try await EmbeddedLog(directory: scratch.path(log)).verify(topic: "readings")
    }

    /// Batches of a producer in several segments of a log that was closed.
    private func numbered(_ scratch: Scratch) async throws {
        let log = try await EmbeddedLog.withReadings(scratch, segmentBytes: 64 << 10)
        let writer = try await log.writer(for: readings)
        let producer = try await writer.producer(named: "detector")
        for number in 0..<300 {
            let range = number * 10..<number * 10 + 10
            try await writer.append(batch(range), from: producer.stamp(UInt64(range.lowerBound)))
        }
        try await writer.close()
    }

    @Test("an intact ledger has no finding, one that is cut or changed is a warning: it is made again")
    func ledger() async throws {
        let scratch = Scratch()
        try await numbered(scratch)
        #expect(try await verified(scratch).findings.isEmpty)
        let file = scratch.path("log/readings/0/ledger")
        try flip(file, at: 30)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.warning] && report.findings.first?.place.file == file)
        let log = try await EmbeddedLog(directory: scratch.path("log"))
        try await log.writer(for: readings).close()
        #expect(try await verified(scratch).findings.isEmpty)
    }

    @Test("a ledger of another partition is a warning")
    func otherLedger() async throws {
        let (scratch, other) = (Scratch(), Scratch())
        try await numbered(scratch)
        let log = try await EmbeddedLog.withReadings(other)
        try await log.writer(for: readings).close()
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<1))
        try await writer.close()
        let file = scratch.path("log/readings/0/ledger")
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: other.path("log/readings/0/ledger"), toPath: file)
        let report = try await verified(scratch)
        #expect(report.findings.map(\.severity) == [.warning] && report.findings.first?.place.file == file)
    }

    @Test("rows of a transaction that nobody can end count apart, and are told of as information")
    func openTransaction() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        let transaction = try await log.transaction(over: [writer])
        _ = try await transaction.submit(batch(10..<15), to: readings).acknowledgement()
        let beside = try await verified(scratch)
        #expect(beside.findings.isEmpty && beside.totals.openRecords == 5)
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await transaction.commit()
        try await writer.close()
        // Ten records and the begin record.
        let report = try await verified(scratch, log: "crashed")
        #expect(report.findings.map(\.severity) == [.information] && !report.hasDamage)
        #expect(report.findings.first?.place.offsets == 10..<16)
        #expect(report.totals.records == 11 && report.totals.openRecords == 5)
        // Begin, rows and commit.
        let closed = try await verified(scratch)
        #expect(closed.findings.isEmpty && closed.totals.records == 17 && closed.totals.openRecords == 0)
    }

    @Test("zeros at the end of a file that nobody sealed are its clean end")
    func zeros() async throws {
        let scratch = Scratch()
        let log = try await EmbeddedLog.withReadings(scratch)
        let writer = try await log.writer(for: readings)
        try await writer.append(batch(0..<10))
        try FileManager.default.copyItem(atPath: scratch.path("log"), toPath: scratch.path("crashed"))
        try await writer.close()
        let file = try #require(try scratch.segments(readings, log: "crashed").first)
        try cut(file, to: 3 << 20)
        let report = try await verified(scratch, log: "crashed")
        #expect(report.findings.isEmpty && report.totals.records == 10)
    }
}
