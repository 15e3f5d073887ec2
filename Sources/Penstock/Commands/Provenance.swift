internal import Foundation
internal import PenstockEngine
internal import PenstockEvents
internal import PenstockFormats

extension RunRecord {
    /// Writes what happened as a JSON file: what was run and when, with which parameters, on which scan, and what was found.
    ///
    /// It stands beside a result and holds what differs between a run and its replay, so that the result itself does not.
    /// - Throws: An error that names the file.
    public func writeProvenance(to path: String) throws {
        let document = ProvenanceDocument(
            penstockVersion: PenstockVersion.current, verb: verb.rawValue, scan: scan.number, log: log,
            parameters: parameters, source: properties, found: facts, counts: counts, warnings: warnings,
            started: started.iso8601, ended: ended.iso8601,
            seconds: Double(ended.nanoseconds - started.nanoseconds) / 1e9, host: ProcessInfo.processInfo.hostName,
            arguments: CommandLine.arguments)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let pending = try PendingFile(path, overwrites: true)
        do {
            try encoder.encode(document).write(to: URL(fileURLWithPath: pending.temporaryPath))
        } catch {
            throw FormatError(
                .writeFailed, file: path, "it cannot be written: \(error.localizedDescription)",
                hint: "the results themselves are complete")
        }
        try pending.commit()
    }
}

private struct ProvenanceDocument: Encodable {
    let penstockVersion: String
    let verb: String
    let scan: UInt64
    let log: String?
    let parameters: [String: String]
    let source: [String: String]
    let found: [String: String]
    let counts: [String: Int]
    let warnings: [String]
    let started: String
    let ended: String
    let seconds: Double
    let host: String
    let arguments: [String]
}

extension Timestamp {
    fileprivate var iso8601: String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(Date(timeIntervalSince1970: secondsSinceEpoch))
    }
}
