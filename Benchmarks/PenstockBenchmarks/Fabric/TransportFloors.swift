internal import Foundation

/// What sockets and memory can do, beside what goes over a transport.
extension FigureList {
    /// Adds copies of memory, and a stream of `bytes` and round trips over a TCP socket in C (loops/loopback_stream.c), which are left out
    /// where there is no compiler.
    /// - Parameter when: the end of the figures' names.
    mutating func addTransportFloors(_ when: String, bytes: Int, roundTrips: Int) throws {
        add("copy_bytes_per_second\(when)", CopyFloor.bytesPerSecond())
        let folder = FileManager.default.temporaryDirectory.path
        guard let program = try FloorProgram("loopback_stream", in: folder, flags: ["-O2", "-pthread"]) else { return }
        defer { program.remove() }
        let words = try program.run(["\(bytes)", "\(roundTrips)"])?.compactMap { Double($0) }
        guard let words, words.count == 4 else { return }
        add("socket_bytes_per_second\(when)", words[0])
        add("socket_cpu_seconds_per_gb\(when)", words[1])
        add("socket_round_trip_p50_us\(when)", words[2] * 1e-3)
        add("socket_round_trip_p99_us\(when)", words[3] * 1e-3)
    }
}
