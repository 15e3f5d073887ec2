import Foundation
import Penstock

/// Writes readings to try the pipeline on: four sensors in a room that warms and cools within twenty minutes, one a second.
struct ExampleReadings: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example", abstract: "Make a CSV file of readings to try the pipeline on.")

    @Option(help: "The file.") var output = "readings.csv"

    func run() throws {
        var lines = ["time,sensor,kelvin"]
        for second in 0..<1200 {
            let sensor = second % 4
            let kelvin = 293 + Double(sensor) + 4 * sin(2 * .pi * Double(second) / 1200)
            lines.append("\(second),\(sensor),\((kelvin * 100).rounded() / 100)")
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: output))
        print("\(output): 1200 readings of 4 sensors")
    }
}
