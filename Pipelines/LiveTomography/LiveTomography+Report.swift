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
        let windows = record.facts["windows"] ?? "0"
        let centre = record.facts["rotation_centre"] ?? "\(slices.centre)"
        let seconds = (Double(record.ended.nanoseconds - record.started.nanoseconds) / 1e8).rounded() / 10
        return ["scan \(record.scan): \(source)"] + steeringLines(record) + [
            "\(volume.output): \(count) slices from \(windows) \(windows == "1" ? "window" : "windows"), rotation centre \(centre)"
        ] + quality.lines(record) + ["\(seconds) s"]
    }

    /// What the running scan was steered to, and when.
    private func steeringLines(_ record: RunRecord) -> [String] {
        let name = "steered_at_projection_"
        return record.facts.filter { $0.key.hasPrefix(name) }.sorted { $0.key < $1.key }.map { fact in
            "steered at projection \(Int(fact.key.dropFirst(name.count)) ?? 0): \(fact.value)"
        }
    }
}
