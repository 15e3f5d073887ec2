import PenstockEvents
import PenstockTesting
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

/// What is expected comes from reconstructions of the window's projections alone, which `GridrecTests` check against formulas.
@Suite struct SlidingGridsTests {
    static let columns = 24

    /// Projections of two rows whose values change from turn to turn, at angles in degrees.
    static func scan(_ count: Int, degrees: (Int) -> Double) -> [Projection] {
        let phantom = SlicePhantom.pebbles(radiusPixels: 9)
        return (0..<count).map { index in
            let angle = degrees(index)
            let row = phantom.projection(angleRadians: angle * .pi / 180, columns: columns, centre: 12.3)
            let factors = [1 + Float(index % 7) / 10, 2 - Float(index % 11) / 20]
            return Projection(
                scan: ScanID(1), index: index, angleDegrees: angle, travelDegrees: angle, centre: 12.3, rows: 2,
                columns: columns, firstRow: 0, values: Payload(factors.flatMap { factor in row.map { $0 * factor } }))
        }
    }

    static func golden(_ index: Int) -> Double { (Double(index) * 111.246).truncatingRemainder(dividingBy: 180) }

    static func pane(_ index: Int, _ count: Int, isLast: Bool = false) -> WindowPane {
        WindowPane(index: index, count: count, isComplete: true, isLast: isLast, time: Timestamp(nanoseconds: 0))
    }

    /// The slices of these projections alone.
    static func afresh(_ projections: [Projection]) throws -> [Float] {
        let driver = WindowDriver(Reconstruct())
        try driver.add(projections)
        return try driver.emit(pane(0, projections.count, isLast: true)).flatMap(\.pixels.floats)
    }

    /// The largest difference between two images, over the range of the second.
    static func difference(_ found: [Float], _ expected: [Float]) -> Float {
        let range = (expected.max() ?? 0) - (expected.min() ?? 0)
        return (zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity) / range
    }

    @Test("after twenty half turns of changing data a window is within 1e-6 of its range of one made afresh")
    func manyTurns() throws {
        let window = 36
        let projections = Self.scan(20 * window) { Double($0) * 5 }
        let driver = WindowDriver(Reconstruct())
        var worst: Float = 0
        for end in stride(from: 6, through: projections.count, by: 6) {
            try driver.add(Array(projections[end - 6..<end]))
            if end > window { try driver.remove(Array(projections[end - window - 6..<end - window])) }
            let part = Array(projections[max(0, end - window)..<end])
            let found = try driver.emit(Self.pane(end / 6, part.count)).flatMap(\.pixels.floats)
            worst = max(worst, Self.difference(found, try Self.afresh(part)))
        }
        #expect(worst < 1e-6, "\(worst)")
        // It did come from the grids of the windows before.
        #expect(worst > 0)
    }

    @Test("so is a window over the latest projections in golden-angle order", arguments: [1, 3, 40])
    func goldenAngles(step: Int) throws {
        let window = 34
        let projections = Self.scan(160, degrees: Self.golden)
        let driver = WindowDriver(Reconstruct())
        var worst: Float = 0
        for (number, end) in stride(from: step, through: projections.count, by: step).enumerated() {
            // One after the other, as the engine moves such a window.
            for index in end - step..<end {
                if index >= window { try driver.remove([projections[index - window]]) }
                try driver.add([projections[index]])
            }
            let part = Array(projections[max(0, end - window)..<end])
            let found = try driver.emit(Self.pane(number, part.count)).flatMap(\.pixels.floats)
            worst = max(worst, Self.difference(found, try Self.afresh(part)))
        }
        #expect(worst < 1e-6, "\(worst)")
    }

    @Test("a full turn in interleaved order, which sees every line twice, is one, too")
    func interleavedFullTurn() throws {
        // Four passes over 360 degrees, each between the angles of the others.
        let projections = Self.scan(240) { Double($0 % 30) * 12 + Double($0 / 30 % 4) * 3 }
        let driver = WindowDriver(Reconstruct())
        for end in stride(from: 20, through: 240, by: 20) {
            try driver.add(Array(projections[end - 20..<end]))
            if end > 120 { try driver.remove(Array(projections[end - 140..<end - 120])) }
            let part = Array(projections[max(0, end - 120)..<end])
            let found = try driver.emit(Self.pane(end / 20, part.count)).flatMap(\.pixels.floats)
            #expect(Self.difference(found, try Self.afresh(part)) < 1e-6)
        }
    }

    @Test(
        "the last window has the bits of one made afresh, whatever came before, and so have windows that share nothing")
    func lastWindow() throws {
        let projections = Self.scan(72) { Double($0) * 5 }
        let driver = WindowDriver(Reconstruct())
        try driver.add(Array(projections[..<36]))
        #expect(
            try driver.emit(Self.pane(0, 36)).flatMap(\.pixels.floats) == Self.afresh(Array(projections[..<36])))
        try driver.remove(Array(projections[..<6]))
        try driver.add(Array(projections[36..<42]))
        _ = try driver.emit(Self.pane(1, 36))
        #expect(
            try driver.emit(Self.pane(1, 36, isLast: true)).flatMap(\.pixels.floats)
                == Self.afresh(Array(projections[6..<42])))
        try driver.remove(Array(projections[6..<36]))
        try driver.add(Array(projections[42...]))
        #expect(
            try driver.emit(Self.pane(2, 36)).flatMap(\.pixels.floats) == Self.afresh(Array(projections[36...])))
    }

    @Test(
        "a state that is written down and read back before and behind every window gives the same bits, on any number of threads"
    )
    func restarts() throws {
        let projections = Self.scan(90, degrees: Self.golden)
        func images(threads: Int, restoring: Bool) throws -> [[Float]] {
            let driver = WindowDriver(Reconstruct(), parallelism: threads)
            return try stride(from: 5, through: 90, by: 5).map { end in
                for index in end - 5..<end {
                    if index >= 34 { try driver.remove([projections[index - 34]]) }
                    try driver.add([projections[index]])
                    if restoring { try driver.restore() }
                }
                return try driver.emit(Self.pane(end / 5, min(end, 34))).flatMap(\.pixels.floats)
            }
        }
        let expected = try images(threads: 1, restoring: false)
        for threads in [1, 2, 3] { #expect(try images(threads: threads, restoring: true) == expected) }
        #expect(try images(threads: 2, restoring: false) == expected)
    }

    @Test("another rotation centre gives grids of its own")
    func centre() throws {
        let projections = Self.scan(48) { Double($0) * 7.5 }
        let driver = WindowDriver(Reconstruct())
        try driver.add(Array(projections[..<24]))
        _ = try driver.emit(Self.pane(0, 24))
        try driver.remove(Array(projections[..<4]))
        // The oldest projection of the window says where the axis is.
        var moved = projections
        for index in moved.indices { moved[index].centre = 11.8 }
        let other = WindowDriver(Reconstruct())
        try other.add(Array(moved[..<24]))
        _ = try other.emit(Self.pane(0, 24))
        try driver.remove(Array(projections[4..<24]))
        try driver.add(Array(moved[24...]))
        #expect(try driver.emit(Self.pane(1, 24)).flatMap(\.pixels.floats) == Self.afresh(Array(moved[24...])))
    }

    @Test(
        "a value that is no number leaves the images with its projection, also behind a restart",
        arguments: [false, true])
    func notFinite(restoring: Bool) throws {
        var projections = Self.scan(60) { Double($0) * 5 }
        projections[3].values = Payload([Float](repeating: .nan, count: 2 * Self.columns))
        let driver = WindowDriver(Reconstruct())
        try driver.add(Array(projections[..<36]))
        #expect(try driver.emit(Self.pane(0, 36)).allSatisfy { $0.pixels.floats.allSatisfy(\.isNaN) })
        if restoring { try driver.restore() }
        try driver.remove(Array(projections[..<4]))
        try driver.add(Array(projections[36..<40]))
        #expect(
            try driver.emit(Self.pane(1, 36)).flatMap(\.pixels.floats) == Self.afresh(Array(projections[4..<40])))
    }

    @Test("the weights in the grids sum to pi after any sequence of arrivals and departures")
    func weights() throws {
        let projections = Self.scan(400, degrees: Self.golden)
        let setup = try GridrecSetup(columns: Self.columns, centre: 12.3)
        var random = SeededRandom(seed: 11)
        var grids = SlidingGrids()
        var range = 0..<0
        // What every projection has in the grids, by the changes alone.
        var inGrids: [Int: Double] = [:]
        while range.upperBound < 350 {
            let arrivals = Int.random(in: 1...9, using: &random)
            range = range.lowerBound..<range.upperBound + arrivals
            let departures = Int.random(in: 0...9, using: &random)
            for _ in 0..<min(departures, max(0, range.count - 13)) {
                grids.remove(projections[range.lowerBound])
                range = range.lowerBound + 1..<range.upperBound
            }
            let update = try grids.update(to: Array(projections[range]), pairs: [0], setup)
            if update.isAfresh { inGrids = [:] }
            for (projection, weight) in update.changed { inGrids[projection, default: 0] += Double(weight) }
            let expected = try AngularWeights(anglesDegrees: projections[range].map(\.angleDegrees))
            for (index, weight) in zip(range, expected.radians) {
                #expect(abs((inGrids[index] ?? 0) - weight) < 1e-6)
            }
            #expect(inGrids.filter { !range.contains($0.key) }.allSatisfy { abs($0.value) < 1e-6 })
            guard !expected.isCapped else { continue }
            #expect(abs(inGrids.values.reduce(0, +) - .pi) < 1e-5, "seed 11, window \(range)")
        }
    }

    @Test("a step of a full window changes as many projections whatever the window's length")
    func cost() throws {
        let setup = try GridrecSetup(columns: 8, centre: 4)
        func changes(window: Int) throws -> Int {
            let row = Payload(Array(repeating: Float(1), count: 8))
            let projections = (0..<2 * window).map { index in
                Projection(
                    scan: ScanID(1), index: index, angleDegrees: Double(index) * 180 / Double(window),
                    travelDegrees: 0, centre: 4, rows: 1, columns: 8, firstRow: 0, values: row)
            }
            var grids = SlidingGrids()
            _ = try grids.update(to: Array(projections[..<window]), pairs: [0], setup)
            for projection in projections[..<6] { grids.remove(projection) }
            let update = try grids.update(to: Array(projections[6..<window + 6]), pairs: [0], setup)
            #expect(!update.isAfresh)
            return update.changeCount
        }
        // Six that came and six that left.
        for window in [32, 128, 1024] { #expect(try changes(window: window) == 12) }
    }

    @Test("grids that would take more than a gibibyte are not kept")
    func memory() {
        #expect(SlidingGrids.haveRoom(pairs: 100, GridrecLayout(columns: 512)))
        #expect(SlidingGrids.haveRoom(pairs: 1, GridrecLayout(columns: 4096)))
        #expect(!SlidingGrids.haveRoom(pairs: 8, GridrecLayout(columns: 2048)))
    }
}
