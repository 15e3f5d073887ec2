internal import Foundation
internal import Glibc
public import PenstockEvents

/// A structure on its way through the tiers of a screening: its file, and what was found so far.
public struct Candidate: Event {
    /// The file.
    public let file: StructureFile
    /// What was found so far.
    public private(set) var result: ScreeningResult
    /// What the result depends on: the name and the bytes of the file, and for each step behind them its parameters and what it decided. Two
    /// candidates of one digest have the same result, but for the processor time.
    public private(set) var digest: ContentDigest

    /// A file before the first tier.
    public init(_ file: StructureFile) {
        self.file = file
        result = ScreeningResult(name: file.name)
        digest = file.content.withUnsafeBytes { ContentDigest($0) }.adding(
            "\(file.name)\n\(file.format)\n\(file.failure)")
    }

    /// The candidate behind a tier. What a tier throws ends the screening of this structure and no other.
    public func screened(by tier: some ScreeningTier) -> Candidate {
        guard !result.isFinished else { return self }
        var next = self
        let start = Self.processorSeconds()
        do { try tier.screen(file, &next.result) } catch { next.result.fail(error) }
        next.result.failWhereNotFinite()
        next.result.cpuSeconds += Self.processorSeconds() - start
        next.digest = digest.adding(tier.identity)
        return next
    }

    /// The candidate behind its relaxation: rejected where it is strained by more than the limit. The tiers behind see the structure as it was.
    ///
    /// The time that LAMMPS takes does not count as processor time of the tiers.
    /// - Throws: `CancellationError`. What goes wrong with LAMMPS ends the screening of this structure and no other.
    func relaxed(by relaxation: FrameworkRelaxation, strainMax: Double) async throws -> Candidate {
        guard !result.isFinished else { return self }
        var next = self
        do {
            let strain = try await relaxation.relax(file.crystal()).strain.value
            next.result.latticeStrain = strain
            if strain > strainMax {
                next.result.end(
                    .rejected, "unstable",
                    "relaxed, the cell is strained by \(significant(strain, digits: 3)), above \(strainMax)")
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            next.result.fail(error)
        }
        next.digest = digest.adding(relaxation.identity(strainMax: strainMax))
        return next
    }

    /// The candidate behind a decision that costs nothing, such as a threshold; only what it decides counts in the digest.
    mutating func decide(_ decision: (inout ScreeningResult) -> Void) {
        let before = result
        decision(&result)
        if result != before { digest = digest.adding("\(result.status.rawValue)\n\(result.reason)") }
    }

    /// The processor time of this thread in s.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What the records of a topic of candidates hold; the result is a JSON object.
    public static let schema = Schema(
        "mof.Candidate",
        fields: [
            .init("name", .string), .init("format", .u8), .init("failure", .string), .init("result", .string),
            .init("digest_high", .u64), .init("digest_low", .u64),
        ], payload: .init("content", .bytes))

    /// Appends the attributes in the schema's order and the bytes of the file as the payload.
    public func write(to record: inout RecordWriter) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let result = try? encoder.encode(result) else {
            preconditionFailure("a result of numbers that are not finite")
        }
        record.append(file.name)
        record.append(file.format.rawValue)
        record.append(file.failure)
        record.append(String(decoding: result, as: UTF8.self))
        record.append(digest.high)
        record.append(digest.low)
        record.setPayload(file.content)
    }

    /// Reads a candidate back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        let name = try record.readString()
        guard let format = StructureFile.Format(rawValue: try record.readInteger()) else {
            throw .invalidField("format")
        }
        let failure = try record.readString()
        let text = try record.readString()
        guard let result = try? JSONDecoder().decode(ScreeningResult.self, from: Data(text.utf8)) else {
            throw .invalidField("result")
        }
        self.result = result
        digest = ContentDigest(high: try record.readInteger(), low: try record.readInteger())
        file = StructureFile(name: name, format: format, content: record.payload, failure: failure)
    }
}
