internal import Foundation
internal import PenstockEvents

extension StageName {
    /// The name with this text.
    init?(text: String) {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        self.init(flow: String(text[..<slash]), stage: String(text[text.index(after: slash)...]))
    }
}

extension StateOwner {
    /// The owner with this text.
    init?(text: String) {
        guard let colon = text.range(of: ": ", options: .backwards),
            let stage = StageName(text: String(text[..<colon.lowerBound]))
        else { return nil }
        let part: Part
        switch text[colon.upperBound...] {
        case "order": part = .order
        case "operator": part = .operation
        case "sink": part = .sink
        case let source where source.hasPrefix("source "):
            guard let partition = Int(source.dropFirst(7)) else { return nil }
            part = .source(partition: partition)
        default: return nil
        }
        self.init(stage: stage, part: part)
    }
}

extension OperatorStatistics {
    /// The counts as a checkpoint holds them: those of what becomes of events, not of how results were come by.
    var bytes: [UInt8] {
        var encoder = StateEncoder()
        for count in [lateEvents, lateWindows, outsideEvents, futureEvents, droppedEvents, skippedEvents] {
            encoder.put(Int64(count))
        }
        return encoder.bytes
    }

    /// The counts of a checkpoint; nil where these are not their bytes.
    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 48 else { return nil }
        func count(_ place: Int) -> Int {
            Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: Int64.self)))
        }
        self.init(
            lateEvents: count(0), lateWindows: count(1), outsideEvents: count(2), futureEvents: count(3),
            droppedEvents: count(4), skippedEvents: count(5))
    }
}
