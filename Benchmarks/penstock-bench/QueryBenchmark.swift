public import ArgumentParser
public import EventQueries
import Foundation
import Glibc
import PenstockBenchmarks

/// A query of the benchmark over generated events, beside making the events alone.
struct QueryBenchmark {
    let query: Query
    let input: QueryInput
    /// A file of expected totals, or nil.
    let expectedTotals: String?
    /// The share of the events after which a first run is killed, or nil.
    var killAt: Double?

    /// Runs the query, then its generator alone.
    /// - Throws: `ExitCode` 65 where the rows are not the expected ones, after the figures have been printed.
    func run(json: Bool) async throws {
        let expected = try expectedTotals.map { try ExpectedTotals(file: $0).total(of: query, input) }
        let clock = ContinuousClock()
        let begin = clock.now
        let cpuBegin = ProcessorTime.processNanoseconds
        let result =
            if let killAt {
                try await KilledQuery(query: query, input: input, share: killAt).run()
            } else {
                try await query.run(input)
            }
        let cpu = ProcessorTime.processNanoseconds - cpuBegin + ProcessorTime.childrenNanoseconds
        let wall = clock.now - begin
        let peak = peakMemoryBytes()
        let floorBegin = ProcessorTime.processNanoseconds
        _ = try await query.runGenerator(input)
        let floor = ProcessorTime.processNanoseconds - floorBegin

        var figures = FigureList()
        figures.add("query", query.rawValue)
        figures.add("events", Double(input.events))
        figures.add("seed", String(input.seed))
        figures.add("parallelism", Double(input.partitions))
        figures.add("batch", Double(input.batchEvents))
        figures.add("rows", Double(result.total.rows))
        figures.add("checksum", result.total.checksum)
        figures.add("late_events", Double(result.lateEvents))
        if killAt != nil {
            figures.add("restarts", 1)
            figures.add("restored_epoch", Double(result.restoredCheckpoint ?? 0))
        }
        figures.add("cpu_seconds_per_million", cpu * 1e-3 / Double(input.events))
        figures.add("wall_seconds", wall / .seconds(1))
        figures.add("peak_memory_bytes", Double(peak))
        figures.add("generator_cpu_seconds_per_million", floor * 1e-3 / Double(input.events))
        figures.add("ratio_to_floor", cpu / floor)
        if let expected { figures.add("check", expected == result.total ? "right" : "wrong") }
        figures.print(json: json)
        if let expected, expected != result.total {
            FileHandle.standardError.write(
                Data(
                    """
                    penstock-bench: \(query.rawValue) gave \(result.total.rows) rows with checksum \
                    \(result.total.checksum), expected \(expected.rows) with \(expected.checksum)

                    """.utf8))
            throw ExitCode(65)
        }
    }

    /// The most memory that the process, or one that it started, has had, pages of files included.
    private func peakMemoryBytes() -> Int {
        [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].map { who in
            var usage = rusage()
            getrusage(__rusage_who_t(who), &usage)
            return usage.ru_maxrss * 1024
        }.max() ?? 0
    }
}

extension Query: ExpressibleByArgument {}
