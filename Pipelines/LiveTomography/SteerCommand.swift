import Penstock
import PenstockLog
import PenstockTomography

/// Changes a scan that is running in another process.
struct SteerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steer", abstract: "Change the scan that is running: its rotation centre, its slices, or its end.")

    @Option(help: "The log of the run: a directory, or penstock://HOST:PORT of a broker.") var log = "penstock-log"
    @Option(
        parsing: .unconditional,
        help: "The rotation centre from now on: a column of what cropping and binning leave of the detector.")
    var centre: Double?
    @Option(help: "The detector rows that become slices from now on: all, or such as 30,67,100 or 40-60.")
    var slices: RowSelection?
    @Option(help: "The planes along the axis that --preview shows from now on, such as x:100,y:120.")
    var planes: OrthoPlanes?
    @Flag(help: "End the scan here; its volume is that of the projections so far.") var stop = false
    @Option(help: "Seconds to wait until the run has taken it.") var timeout = 10.0

    func validate() throws {
        guard centre != nil || slices != nil || planes != nil || stop else {
            throw ValidationError("give what to change: --centre, --slices, --planes or --stop")
        }
        if let centre, !(centre >= 0 && centre.isFinite) {
            throw ValidationError("--centre takes a column of the detector, counted from 0, not \(centre)")
        }
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout takes seconds, above 0 and up to 86400, not \(timeout)")
        }
    }

    func run() async throws {
        var steering = Steering()
        steering.centre = centre
        steering.slices = slices
        steering.planes = planes
        steering.stops = stop
        let store = try await LogLocation(log).open(creating: false, for: "LiveTomography")
        let taken = try await store.steer(steering, timeout: .seconds(timeout))
        print(
            stop
                ? "scan \(taken.scan): ends behind \(taken.projection) projections"
                : "scan \(taken.scan): \(steering.changes) from projection \(taken.projection) on")
    }
}
