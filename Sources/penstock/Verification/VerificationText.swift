internal import PenstockEvents
internal import PenstockLog

/// The result of a verification as text and JSON.
enum VerificationText {
    /// One line a finding, what to do about it behind, and a summary.
    static func lines(_ report: VerificationReport) -> [String] {
        var lines: [String] = []
        for finding in report.findings {
            lines.append("\(finding)")
            if let advice = finding.advice { lines.append("    \(advice)") }
        }
        if report.omittedFindings > 0 {
            lines.append("… and \(TopicText.count(report.omittedFindings, "more finding"))")
        }
        lines.append(summary(report))
        return lines
    }

    private static func summary(_ report: VerificationReport) -> String {
        let totals = report.totals
        let looked =
            "\(TopicText.count(totals.records, "record")) in \(TopicText.count(totals.batches, "batch", plural: "batches")), "
            + "\(TopicText.count(totals.segments, "segment")), \(TopicText.count(totals.partitions, "partition")), "
            + "\(TopicText.count(totals.topics, "topic")): \(ByteCount.text(totals.bytes))"
        let newer = "NEWER FORMAT, \(TopicText.count(report.count(.newerFormat), "place")) not checked"
        if report.hasDamage {
            let damaged = "DAMAGED, \(TopicText.count(report.count(.damage), "place"))"
            return damaged + (report.hasNewerFormat ? "; " + newer : "") + "; readable: " + looked
        }
        if report.hasNewerFormat { return newer + "; the rest is intact: " + looked }
        let warnings = report.count(.warning)
        return "intact" + (warnings > 0 ? ", \(TopicText.count(warnings, "warning"))" : "") + ": " + looked
    }

    static func json(_ report: VerificationReport) -> JSON {
        let totals = report.totals
        return .members([
            "damaged": .bool(report.hasDamage), "newer_format": .bool(report.hasNewerFormat),
            "findings": .array(report.findings.map(json)),
            "omitted_findings": .number(report.omittedFindings),
            "topics": .number(totals.topics), "partitions": .number(totals.partitions),
            "segments": .number(totals.segments), "batches": .number(totals.batches),
            "records": .number(totals.records), "control_records": .number(totals.controlRecords),
            "open_records": .number(totals.openRecords),
            "bytes": .number(totals.bytes),
        ])
    }

    private static func json(_ finding: VerificationReport.Finding) -> JSON {
        .members([
            "severity": .text(finding.severity.rawValue), "topic": .text(finding.topic),
            "partition": .optional(finding.place.partition?.partition),
            "first_offset": .optional(finding.place.offsets?.lowerBound),
            "next_offset": .optional(finding.place.offsets?.upperBound),
            "file": .optional(finding.place.file), "position": .optional(finding.place.position),
            "summary": .text(finding.summary), "advice": .optional(finding.advice),
        ])
    }
}
