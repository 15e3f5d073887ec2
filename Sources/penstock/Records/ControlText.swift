internal import PenstockEvents

/// Control records as text and JSON.
enum ControlText {
    // Readers pass over the log's own kinds of records, which have no words here.

    static func text(_ record: ControlRecord) -> String {
        if case .timeMark(let time) = record { return "time mark: nothing at or before \(time.iso8601) follows" }
        if case .scanStart(let start) = record {
            return "start of scan \(start.scan)" + sorted(start).map { " \($0)=\($1)" }.joined()
        }
        if case .scanEnd(let end) = record {
            return "end of scan \(end.scan), \(TopicText.count(end.eventCount, "event"))"
        }
        return record == .endOfStream ? "end of stream" : "a record of the log's own"
    }

    static func json(_ record: ControlRecord) -> JSON {
        if case .timeMark(let time) = record {
            return .members([
                "kind": .text("time_mark"), "time": .text(time.iso8601), "time_ns": .number(time.nanoseconds),
            ])
        }
        if case .scanStart(let start) = record {
            let properties = sorted(start).map { JSON.Member($0, .text($1)) }
            return .members([
                "kind": .text("scan_start"), "scan": .number(start.scan.number), "properties": .object(properties),
            ])
        }
        if case .scanEnd(let end) = record {
            return .members([
                "kind": .text("scan_end"), "scan": .number(end.scan.number), "event_count": .number(end.eventCount),
            ])
        }
        return .members(["kind": .text(record == .endOfStream ? "end_of_stream" : "internal")])
    }

    /// The record that `json` gave, or nil.
    static func record(_ json: JSON) -> ControlRecord? {
        switch json["kind"]?.string {
        case "time_mark": return json["time_ns"]?.integer(Int64.self).map { .timeMark(Timestamp(nanoseconds: $0)) }
        case "scan_start":
            guard let scan = json["scan"]?.integer(UInt64.self) else { return nil }
            var properties: [String: String] = [:]
            if case .object(let members)? = json["properties"] {
                for member in members {
                    guard let value = member.value.string else { return nil }
                    properties[member.name] = value
                }
            }
            return .scanStart(ScanStart(scan: ScanID(scan), properties: properties))
        case "scan_end":
            guard let scan = json["scan"]?.integer(UInt64.self), let count = json["event_count"]?.integer(UInt64.self)
            else { return nil }
            return .scanEnd(ScanEnd(scan: ScanID(scan), eventCount: count))
        case "end_of_stream": return .endOfStream
        default: return nil
        }
    }

    private static func sorted(_ start: ScanStart) -> [(String, String)] {
        start.properties.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    }
}
