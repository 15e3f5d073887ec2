public import Penstock
public import PenstockEvents

/// Lets the frames of a scan into a reconstruction, and says what is wrong with them.
///
/// Projections that are zero everywhere are left out: files are often made in full length before a scan, and the rest of one that was broken off
/// is such. Saturated pixels, at the largest number of their type, are counted. Where a part of the scan is reconstructed, frames of all rows
/// are cut to those of the part.
public struct AdmitFrames: Operator {
    private let rows: PartRows?

    /// Frames of a whole scan, or those of the rows of a part of it.
    public init(_ rows: PartRows? = nil) { self.rows = rows }

    /// What was seen so far.
    public struct State: Snapshotable {
        fileprivate var seen = Seen()

        init() {}

        /// Writes what was seen.
        public func snapshot(into records: inout RecordWriter) { records.append(seen) }

        /// Brings it back.
        public init(restoring records: [RecordReader]) throws(RecordError) {
            guard var first = records.first else { throw .invalidField("records of a snapshot of AdmitFrames") }
            seen = try Seen(reading: &first)
        }
    }

    /// Nothing seen yet.
    public func makeState() -> State { State() }

    /// Passes frames on.
    /// - Throws: `TomographyError.optionsDoNotFit` where rows that the part needs are not there.
    public func process(
        _ events: Events<Frame>, state: inout State, into output: inout Output<Frame>, context: OperatorContext
    ) throws {
        for event in events {
            let frame = event.value
            if frame.kind == .projection, frame.isBlank {
                if state.seen.blank == 0 { state.seen.firstBlank = Int64(frame.index) }
                state.seen.blank += 1
                state.seen.lastBlank = Int64(frame.index)
                continue
            }
            if frame.kind != .dark { note(frame.saturatedPixels, of: frame, &state.seen) }
            output.append(try cut(frame, state.seen), time: event.time)
        }
    }

    /// Looks at what is known of the scan before its frames, and says at its end what was seen in them.
    /// - Throws: `TomographyError.otherPart` where another part was recorded than is to be reconstructed; `detectorUnknown`.
    public func control(
        _ record: ControlRecord, state: inout State, into output: inout Output<Frame>, context: OperatorContext
    ) throws {
        switch record {
        case .scanStart(let start):
            tell(state.seen, context)
            state.seen = Seen()
            let recorded = start.properties[ScanProperties.part]
            let wanted = rows.map { "\($0.part)" }
            if let recorded, recorded != wanted { throw TomographyError.otherPart(recorded: recorded, wanted: wanted) }
            if rows != nil { state.seen.detectorRows = Int64(try ScanProperties.detectorRows(start)) }
            if let surplus = start.properties[ScanProperties.surplusAngles], let count = start.properties["projections"]
            {
                context.report(
                    .warning(
                        "the scan has \(count) projections and \(surplus) angles more: it was taken as broken off, and the "
                            + "last angles were left out"))
            }
        case .scanEnd: tell(state.seen, context)
        default: break
        }
    }

    /// Says what was seen, where the stream ends within a scan.
    public func finish(state: inout State, into output: inout Output<Frame>, context: OperatorContext) {
        tell(state.seen, context)
    }

    private func note(_ saturated: Int, of frame: Frame, _ seen: inout Seen) {
        guard saturated > 0 else { return }
        if frame.kind == .flat {
            seen.saturatedInFlats += Int64(saturated)
        } else {
            seen.saturatedInProjections += Int64(saturated)
            seen.saturatedProjections += 1
        }
    }

    /// The frame with the rows of the part alone.
    private func cut(_ frame: Frame, _ seen: Seen) throws -> Frame {
        guard let rows else { return frame }
        guard seen.detectorRows > 0 else { throw TomographyError.detectorUnknown }
        let wanted = try rows.read(ofDetector: Int(seen.detectorRows))
        let present = frame.firstRow..<frame.firstRow + frame.rows
        guard wanted != present else { return frame }
        guard present.lowerBound <= wanted.lowerBound, wanted.upperBound <= present.upperBound else {
            throw TomographyError.optionsDoNotFit(
                reason:
                    "with these options part \(rows.part) needs the rows \(wanted.lowerBound)-\(wanted.upperBound - 1), but "
                    + "\(present.lowerBound)-\(present.upperBound - 1) were recorded",
                hint: "replay it with the options of its run, or record it again")
        }
        let rowBytes = frame.columns * frame.pixelType.byteCount
        let start = rowBytes * (wanted.lowerBound - frame.firstRow)
        return Frame(
            scan: frame.scan, kind: frame.kind, index: frame.index, angleDegrees: frame.angleDegrees,
            rows: wanted.count,
            columns: frame.columns, firstRow: wanted.lowerBound, pixelType: frame.pixelType,
            pixels: frame.pixels[start..<start + rowBytes * wanted.count])
    }

    private func tell(_ seen: Seen, _ context: OperatorContext) {
        if seen.blank > 0 {
            context.report(
                .warning(
                    (seen.blank == 1
                        ? "projection \(seen.firstBlank) is zero everywhere and was left out"
                        : "\(seen.blank) projections between \(seen.firstBlank) and \(seen.lastBlank) are zero everywhere and "
                            + "were left out")
                        + ": was the scan broken off, or the beam away?"))
        }
        if seen.saturatedInFlats > 0 {
            context.report(
                .warning(
                    "the flats have \(Self.saturated(seen.saturatedInFlats)): attenuation there comes out too small, and "
                        + "rings may follow"))
        }
        if seen.saturatedInProjections > 0 {
            let projections =
                seen.saturatedProjections == 1 ? "1 projection has" : "\(seen.saturatedProjections) projections have"
            context.report(
                .warning(
                    "\(projections) \(Self.saturated(seen.saturatedInProjections)), whose counts are too small; "
                        + "--zinger-threshold replaces single ones"))
        }
    }

    private static func saturated(_ count: Int64) -> String {
        count == 1 ? "1 saturated pixel" : "\(count) saturated pixels"
    }
}

/// What `AdmitFrames` has seen of a scan.
private struct Seen: FixedEvent {
    var detectorRows: Int64 = 0
    var blank: Int64 = 0
    var firstBlank: Int64 = 0
    var lastBlank: Int64 = 0
    var saturatedInFlats: Int64 = 0
    var saturatedProjections: Int64 = 0
    var saturatedInProjections: Int64 = 0

    static let schema = Schema(
        "FramesSeen",
        fields: [
            .init("detector_rows", .i64), .init("blank", .i64), .init("first_blank", .i64), .init("last_blank", .i64),
            .init("saturated_in_flats", .i64), .init("saturated_projections", .i64),
            .init("saturated_in_projections", .i64),
        ])
}

extension Frame {
    /// Whether all pixels are zero.
    fileprivate var isBlank: Bool { pixels.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } }

    /// The pixels at the largest number of their type; none in floating-point numbers.
    fileprivate var saturatedPixels: Int {
        func count<Count: FixedWidthInteger>(_ counts: UnsafeBufferPointer<Count>) -> Int {
            var sum = 0
            for count in counts { sum &+= count == .max ? 1 : 0 }
            return sum
        }
        switch pixelType {
        case .u8: return pixels.withValues(of: UInt8.self, count)
        case .u16: return pixels.withValues(of: UInt16.self, count)
        case .u32: return pixels.withValues(of: UInt32.self, count)
        case .f32: return 0
        }
    }
}
