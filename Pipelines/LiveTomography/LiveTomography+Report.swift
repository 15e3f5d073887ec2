import Penstock
import PenstockTomography

extension LiveTomography {
    /// Keeps what differs between a run and its replay beside the volume, and says what was done.
    func report(_ record: RunRecord) throws -> [String] {
        try record.writeProvenance(to: volume.output + ".provenance.json")
        let source =
            record.verb == .run
            ? "\(record.counts["projections_acknowledged"] ?? 0) projections recorded in \(record.log ?? "")"
            : "replayed from \(record.log ?? "")"
        let count = record.counts["slices_written"] ?? 0
        let windowCount = record.facts["windows"] ?? "0"
        let centre = record.facts["rotation_centre"] ?? "\(slices.centre)"
        let seconds = (Double(record.ended.nanoseconds - record.started.nanoseconds) / 1e8).rounded() / 10
        var remarks: [String] = []
        if case .projections(let wanted) = windows.window,
            let present = record.properties["projections"].flatMap(Int.init),
            present < wanted
        {
            remarks.append(
                "no window was complete: the scan has \(present) projections, --window asks for \(wanted); half a turn is 180deg"
            )
        }
        return ["scan \(record.scan): \(source)"] + steeringLines(record) + [
            "\(volume.output): \(count) \(count == 1 ? "slice" : "slices") from \(windowCount) \(windowCount == "1" ? "window" : "windows"), rotation centre \(centre)"
        ] + remarks + quality.lines(record) + ["\(seconds) s"]
    }

    /// The scan and what may stand beside it.
    var filesRead: KeyValuePairs<String, String?> {
        [
            "input": input.input, "flats": input.flats, "darks": input.darks, "angles": input.angles?.path,
            "reference": quality.reference,
        ]
    }

    /// The volume, and what was asked for beside it. The provenance is no result: it holds what differs between a run and its replay.
    var filesMade: KeyValuePairs<String, String?> {
        [
            "output": volume.output, "tiff": windowOutput.tiff, "series": windowOutput.series,
            "preview": pictures.preview,
        ]
    }

    /// That of the scan, where it is one of this file alone.
    func checksums(_ record: RunRecord) -> [String: String] {
        guard input.flats == nil, input.darks == nil, input.angles == nil, let sum = record.properties["sha256"] else {
            return [:]
        }
        return ["input": sum]
    }

    /// What the running scan was steered to, and when.
    private func steeringLines(_ record: RunRecord) -> [String] {
        let name = "steered_at_projection_"
        return record.facts.filter { $0.key.hasPrefix(name) }.sorted { $0.key < $1.key }.map { fact in
            "steered at projection \(Int(fact.key.dropFirst(name.count)) ?? 0): \(fact.value)"
        }
    }
}
