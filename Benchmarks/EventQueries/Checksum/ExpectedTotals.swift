import Foundation
import Penstock

/// The totals that a file of an independent implementation gives for some seeds and sizes.
public struct ExpectedTotals: Sendable {
    private struct File: Decodable {
        struct Case: Decodable {
            let seed: UInt64
            let events: Int
            let queries: [String: Total]
        }

        struct Total: Decodable {
            let rows: Int
            let hash: String
        }

        let cases: [Case]
    }

    private let file: String
    private let cases: [File.Case]

    /// Reads a file.
    /// - Throws: What reading it or its form gives.
    public init(file: String) throws {
        self.file = file
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        cases = try JSONDecoder().decode(File.self, from: data).cases
    }

    /// The total of a query over an input.
    /// - Throws: `ValidationError` where the file has no such case.
    public func total(of query: Query, _ input: QueryInput) throws -> RowTotal {
        guard let known = cases.first(where: { $0.seed == input.seed && $0.events == input.events }),
            let total = known.queries[query.rawValue], let sum = UInt64(total.hash, radix: 16)
        else {
            let sizes = cases.map { "--seed \($0.seed) --events \($0.events)" }.joined(separator: ", or ")
            throw ValidationError(
                "\(file) has no totals of \(query.rawValue) for --seed \(input.seed) --events \(input.events); it has \(sizes)"
            )
        }
        return RowTotal(rows: total.rows, sum: sum)
    }
}
