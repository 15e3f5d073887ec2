import PenstockEngine
import PenstockEvents
import PenstockFormats
import PenstockLog
import PenstockTomography

/// Scans to run the program on.
enum Scans {
    static let centre = 50.3

    /// A scan of the stone phantom.
    static func stone(
        columns: Int = 96, rows: Int = 5, angles: Int = 180, degrees: Double = 180, centre: Double = centre,
        noise: Double = 0.01,
        order: (Int) -> Int = { $0 }
    ) -> SyntheticScan {
        SyntheticScan(
            phantom: .stone(rows: rows, columns: columns), rows: rows, columns: columns,
            anglesDegrees: (0..<angles).map { Double(order($0)) * degrees / Double(angles) }, centre: centre, seed: 7,
            noise: noise)
    }

    /// Writes a file with some of the projections of another, pixel by pixel what the other has.
    static func copy(_ source: String, projections: Range<Int>, to path: String) throws {
        try copy(source, projections: Array(projections), to: path)
    }

    /// Writes a file with the frames of another as `change` leaves those of each dataset, by its name.
    static func change(_ source: String, to path: String, _ change: (String, inout [UInt16]) -> Void) throws {
        try copy(source, projections: nil, to: path, change)
    }

    /// Writes a file with some projections of another, in their order, their angles or the first `angles` of all, and counts as `change` leaves
    /// them.
    static func copy(
        _ source: String, projections: [Int]?, angles count: Int? = nil, to path: String,
        _ change: (String, inout [UInt16]) -> Void = { _, _ in }
    ) throws {
        let from = try HDF5File(opening: source)
        let file = try HDF5File(creating: path)
        for name in ["/exchange/data", "/exchange/data_white", "/exchange/data_dark"] {
            let dataset = try from.dataset(name)
            let pixels: [UInt16] = try dataset.readAll()
            let frame = dataset.shape[1] * dataset.shape[2]
            let chosen =
                name == "/exchange/data" ? projections ?? Array(0..<dataset.shape[0]) : Array(0..<dataset.shape[0])
            let copy = try file.createDataset(
                name, shape: [chosen.count, dataset.shape[1], dataset.shape[2]], of: .u16)
            var counts = chosen.flatMap { pixels[$0 * frame..<($0 + 1) * frame] }
            change(name, &counts)
            try copy.writeAll(counts)
        }
        let angles = try from.readVector("/exchange/theta", as: Double.self)
        let taken = count.map { Array(angles.prefix($0)) } ?? projections.map { $0.map { angles[$0] } } ?? angles
        try file.write(taken, to: "/exchange/theta")
        try file.close()
    }
}

/// A volume, `[slice, row, column]`.
struct Volume {
    let slices: [[Float]]
    let size: Int

    init(_ path: String) throws {
        let dataset = try HDF5File(opening: path).dataset("/exchange/data")
        let pixels: [Float] = try dataset.readAll()
        let size = dataset.shape[2]
        self.size = size
        slices = (0..<dataset.shape[0]).map { Array(pixels[$0 * size * size..<($0 + 1) * size * size]) }
    }
}

/// What a topic holds.
enum Recorded {
    /// The events of a topic.
    static func events<E: Event>(_ type: E.Type, topic: String, log: String) async throws -> [E] {
        let store = try await EmbeddedLog(directory: log, creating: false)
        let reader = try await store.reader(for: TopicPartition(topic), from: .earliest)
        var events: [E] = []
        while let entry = try await reader.next() {
            guard case .records(let batch) = entry else { continue }
            for index in 0..<batch.count { events.append(try batch.event(E.self, at: index)) }
        }
        await reader.close()
        return events
    }

    /// The projections of the topic that runs record.
    static func projections(log: String) async throws -> [Frame] {
        try await events(Frame.self, topic: "projections", log: log).filter { $0.kind == .projection }
    }

    /// The scans of the topic that runs record.
    static func scans(log: String) async throws -> [RecordedScan] {
        try await EmbeddedLog(directory: log, creating: false).scans(in: "projections")
    }
}
