import Foundation
import Penstock
import TestSupport
import Testing

@testable import EventQueries

struct QueryTests {
    /// Totals for seed 7 and 200,000 events: appendix A.9 of the semantics, made by an independent program (numpy).
    static let totals: [Query: RowTotal] = [
        .q0: RowTotal(rows: 184_000, sum: 0x968c_9ee9_89a4_1fbf),
        .q1: RowTotal(rows: 184_000, sum: 0xf520_1510_a971_2668),
        .q2: RowTotal(rows: 1539, sum: 0x67d2_6aca_a9e4_1ccc),
        .q5: RowTotal(rows: 18, sum: 0x4a88_dd94_fdce_7b4c),
        .q7: RowTotal(rows: 3, sum: 0xfae4_d86e_a9e8_0c88),
        .q8: RowTotal(rows: 1749, sum: 0xadb9_fb6f_6bc0_4a46),
        .q11: RowTotal(rows: 3931, sum: 0x9878_1689_8a0f_a52c),
        .q11Gap100: RowTotal(rows: 34_980, sum: 0x24c9_7083_62b1_32d2),
        .late: RowTotal(rows: 13_132, sum: 0xef70_78bb_19af_395c),
        .kts: RowTotal(rows: 183_937, sum: 0x2775_c3fa_c441_a503),
    ]

    /// Events that come too late with seed 7 and 200,000 events, where there are any.
    static let lateEvents: [Query: Int] = [.late: 1663]

    /// Totals for seed 3 and 5,000 events, made by the same program.
    static let smallTotals: [Query: RowTotal] = [
        .q0: RowTotal(rows: 4600, sum: 0xdeae_fea2_c277_c1fc),
        .q1: RowTotal(rows: 4600, sum: 0x5a48_a07b_b124_3f32),
        .q2: RowTotal(rows: 13, sum: 0x0e76_803b_831a_e31b),
        .q5: RowTotal(rows: 8, sum: 0x9c27_4d76_4408_c6aa),
        .q7: RowTotal(rows: 2, sum: 0x0349_fe03_ad3a_38a7),
        .q8: RowTotal(rows: 38, sum: 0xf4cd_4946_0550_d829),
        .q11: RowTotal(rows: 100, sum: 0x4ef9_e9af_c48c_94c6),
        .q11Gap100: RowTotal(rows: 240, sum: 0x5fa6_4c06_f1aa_0a92),
        .late: RowTotal(rows: 442, sum: 0xfd4a_1c6f_5ab2_443d),
        .kts: RowTotal(rows: 4990, sum: 0x382d_7ba8_de84_aba0),
    ]

    @Test("a query gives the expected rows for any batch size", arguments: Query.allCases, [7, 4096])
    func batchSizes(query: Query, batchEvents: Int) async throws {
        let result = try await query.run(QueryInput(events: 200_000, seed: 7, batchEvents: batchEvents))
        #expect(result == QueryResult(total: try #require(Self.totals[query]), lateEvents: Self.lateEvents[query] ?? 0))
    }

    @Test("a query gives the expected rows for any parallelism", arguments: Query.allCases, [2, 4])
    func parallelism(query: Query, partitions: Int) async throws {
        for batchEvents in [64, 4096] {
            let result = try await query.run(
                QueryInput(events: 200_000, seed: 7, partitions: partitions, batchEvents: batchEvents))
            #expect(
                result == QueryResult(total: try #require(Self.totals[query]), lateEvents: Self.lateEvents[query] ?? 0))
        }
    }

    @Test("a query gives the expected rows event by event", arguments: Query.allCases, [1, 2, 4])
    func singleEvents(query: Query, partitions: Int) async throws {
        let result = try await query.run(QueryInput(events: 5000, seed: 3, partitions: partitions, batchEvents: 1))
        #expect(result == QueryResult(total: try #require(Self.smallTotals[query]), lateEvents: 0))
    }

    @Test(
        "a query gives the rows of the file of expected totals",
        .enabled(if: SharedData.streams.folder != nil, "\(SharedData.streams.missing)"),
        arguments: Query.allCases)
    func expectedFile(query: Query) async throws {
        let input = QueryInput(events: 200_000, seed: 7, partitions: 2)
        let expected = try ExpectedTotals(file: try #require(SharedData.streams.folder) + "/expected-dev.json").total(
            of: query, input)
        #expect(try await query.run(input).total == expected)
    }

    @Test(
        "a size without expected totals is refused with those that there are",
        .enabled(if: SharedData.streams.folder != nil, "\(SharedData.streams.missing)"))
    func unknownSize() throws {
        let totals = try ExpectedTotals(file: try #require(SharedData.streams.folder) + "/expected-dev.json")
        #expect(throws: ValidationError.self) {
            try totals.total(of: .q0, QueryInput(events: 12, seed: 7))
        }
    }
}
