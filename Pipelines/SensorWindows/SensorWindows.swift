import Penstock

/// A measurement, as a row of the CSV file has it.
struct Reading {
    let sensor: String
    let value: Double
}

@main struct SensorWindows: Pipeline {
    static let abstract = "The mean of each sensor's readings in windows of time, from CSV to CSV."

    @Option(help: "CSV file with the columns time (in seconds), sensor and value.") var input = "readings.csv"
    @Option(help: "CSV file for the means.") var output = "means.csv"
    @Option(help: "Length of a window, such as 60s.") var window = Duration.seconds(60)
    @Option(help: "How far out of order the rows can be.") var disorder = Duration.zero

    var filesRead: KeyValuePairs<String, String?> { ["input": input] }
    var filesMade: KeyValuePairs<String, String?> { ["output": output] }

    var body: some Dataflow {
        Flow("means") {
            From(
                CSVInput(input, time: "time") { row in
                    Reading(sensor: try row.text("sensor"), value: try row.number("value"))
                }, disorder: .bounded(by: disorder))
            KeyBy(\Reading.sensor)
            Tumbling(every: window)
            Mean(\Reading.value)
            To(
                CSVOutput(output, columns: ["window_start", "sensor", "mean", "count"]) { (mean: Averaged<String>) in
                    [.time(mean.window.start), .text(mean.key), .number(mean.mean), .integer(mean.count)]
                })
        }
    }
}
