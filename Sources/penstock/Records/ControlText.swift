internal import PenstockEvents

/// Control records as text and JSON.
enum ControlText {
    static func text(_ record: ControlRecord) -> String {
        switch record {
        case .timeMark(let time): return "time mark: nothing at or before \(time.iso8601) follows"
        case .scanStart(let start):
            let properties = sorted(start).map { " \($0)=\($1)" }.joined()
            return "start of scan \(start.scan)\(properties)"
        case .scanEnd(let end): return "end of scan \(end.scan), \(TopicText.count(end.eventCount, "event"))"
        case .endOfStream: return "end of stream"
        }
    }

    static func json(_ record: ControlRecord) -> JSON {
        switch record {
        case .timeMark(let time):
            return .members([
                "kind": .text("time_mark"), "time": .text(time.iso8601), "time_ns": .number(time.nanoseconds),
            ])
        case .scanStart(let start):
            let properties = sorted(start).map { JSON.Member($0, .text($1)) }
            return .members([
                "kind": .text("scan_start"), "scan": .number(start.scan.number), "properties": .object(properties),
            ])
        case .scanEnd(let end):
            return .members([
                "kind": .text("scan_end"), "scan": .number(end.scan.number), "event_count": .number(end.eventCount),
            ])
        case .endOfStream: return .members(["kind": .text("end_of_stream")])
        }
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
