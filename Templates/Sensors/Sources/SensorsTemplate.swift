import Penstock

/// What a sensor measured, as a record of the topic `readings` has it.
struct Reading: FixedEvent, Hashable {
    let sensor: UInt64
    let kelvin: Double

    static let schema = Schema("Reading", fields: [.init("sensor", .u64), .init("kelvin", .f64, unit: "K")])
}

/// The mean of a sensor in a window, as a record of the topic `means` has it.
struct SensorMean: FixedEvent, Hashable {
    let sensor: UInt64
    let readings: UInt64
    let kelvin: Double

    static let schema = Schema(
        "SensorMean", fields: [.init("sensor", .u64), .init("readings", .u64), .init("kelvin", .f64, unit: "K")])
}

@main struct SensorsTemplate: Pipeline {
    static let abstract = "The mean of each sensor in windows of time."
    static let verbs: [any ParsableCommand.Type] = [ExampleReadings.self]

    @Option(help: "CSV file with the columns time (in seconds), sensor and kelvin.") var input = "readings.csv"
    @Option(help: "CSV file for the means.") var output = "means.csv"
    @Option(help: "Length of a window, such as 60s.") var window = Duration.seconds(60)
    @Option(help: "How far out of order the rows can be.") var disorder = Duration.seconds(2)

    // A submitted run keeps the checksums of these.
    var filesRead: KeyValuePairs<String, String?> { ["input": input] }
    var filesMade: KeyValuePairs<String, String?> { ["output": output] }

    var body: some Dataflow {
        let readings = Flow("readings") {
            From(
                CSVInput(input, time: "time") { row in
                    Reading(sensor: UInt64(try row.integer("sensor")), kelvin: try row.number("kelvin"))
                }, disorder: .bounded(by: disorder))
            Persist(topic: "readings")  // from here on everything can be replayed
        }
        let means = Self.means(of: readings, every: window)
        Flow("table") {
            means
            To(
                CSVOutput(output, columns: ["window_start", "sensor", "kelvin", "readings"]) {
                    (mean: Averaged<UInt64>) in
                    [.time(mean.window.start), .integer(Int(mean.key)), .number(mean.mean), .integer(mean.count)]
                })
        }
        Flow("record") {
            means
            Map { (mean: Averaged<UInt64>) in
                SensorMean(sensor: mean.key, readings: UInt64(mean.count), kelvin: mean.mean)
            }
            To(Topic<SensorMean>("means"))
        }
    }

    /// What a run or a replay says at its end.
    func report(_ record: RunRecord) -> [String] {
        ["the means are in \(output), the readings in the log \(record.log ?? "")"]
    }

    /// The mean of each sensor in windows; a function, so that tests can give it readings of their own.
    static func means(
        of readings: Flow<Stream<Reading>>, every window: Duration
    ) -> Flow<Stream<Averaged<UInt64>>> {
        Flow("means") {
            readings
            KeyBy(\Reading.sensor)
            Tumbling(every: window)
            Mean(\Reading.kelvin)
        }
    }
}
