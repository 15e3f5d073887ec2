import PenstockBenchmarks
import PenstockMOF

/// The same Monte Carlo estimate with several seeds: its value, its error and what it costs.
struct EstimateRuns {
    private var averages: [BlockAverage] = []
    private var seconds = 0.0

    /// Adds a run, and the processor time that all of it took.
    mutating func measure(_ run: () throws -> BlockAverage) rethrows {
        let start = ProcessorTime.processNanoseconds
        averages.append(try run())
        seconds += (ProcessorTime.processNanoseconds - start) * 1e-9
    }

    /// The mean over the runs.
    var value: Double { averages.reduce(0) { $0 + $1.value } / Double(averages.count) }

    /// Processor time of a run in s.
    var secondsPerRun: Double { seconds / Double(averages.count) }

    /// The standard error of one run over the value: root mean square of what the runs say of themselves.
    private var relativeError: Double {
        let square = averages.reduce(0) { $0 + $1.standardError * $1.standardError } / Double(averages.count)
        return square.squareRoot() / value
    }

    /// The standard deviation between the runs over the value: a check of their errors.
    private var relativeScatter: Double {
        let squares = averages.reduce(0) { $0 + ($1.value - value) * ($1.value - value) }
        return (squares / Double(averages.count - 1)).squareRoot() / value
    }

    /// Adds what a run costs, how far off it is, and what it would cost at an error of 1 %: time grows with the square of precision.
    func add(to figures: inout FigureList) {
        figures.add("runs", Double(averages.count))
        figures.add("cpu_s", secondsPerRun)
        figures.add("relative_error_percent", 100 * relativeError)
        figures.add("scatter_percent", 100 * relativeScatter)
        figures.add("cpu_s_at_1_percent", secondsPerRun * (100 * relativeError) * (100 * relativeError))
    }
}
