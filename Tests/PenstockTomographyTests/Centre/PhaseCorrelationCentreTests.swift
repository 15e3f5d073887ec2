import Testing

@testable import PenstockTomography

@Suite struct PhaseCorrelationCentreTests {
    @Test("a projection and the one half a turn later give the centre", arguments: [62.0, 57.3, 70.75])
    func synthetic(centre: Double) throws {
        let phantom = VolumePhantom.stone(rows: 9, columns: 110)
        func rows(_ angle: Double) -> [Float] {
            (3..<6).flatMap { phantom.slice(row: $0).projection(angleRadians: angle, columns: 128, centre: centre) }
        }
        let found = try PhaseCorrelationCentre(rows(0), opposite: rows(.pi), columns: 128)
        #expect(abs(found.centre - centre) <= 0.1)
    }

    @Test("rows that are moved exactly give the exact centre, of even and odd width", arguments: [64, 81])
    func moved(columns: Int) throws {
        // Projections of p(s) and p(-s): with the axis at c the second has at column x what the first has at 2 c - x.
        let first = (0..<columns).map { (column: Int) -> Float in Float((column * column * 7 + column * 13) % 31) }
        for shift in [-6, 0, 5] {
            let opposite = (0..<columns).map { (column: Int) -> Float in
                first[(2 * columns - 1 + shift - column) % columns]
            }
            let found = try PhaseCorrelationCentre(first, opposite: opposite, columns: columns)
            #expect(abs(found.centre - Double(columns - 1 + shift) / 2) < 1e-9)
            #expect(abs(found.peak - 1) < 1e-4)
        }
    }

    @Test("a detector with hardly any columns is refused")
    func small() {
        #expect(throws: TomographyError.sinogramTooSmall(angles: 2, columns: 4)) {
            try PhaseCorrelationCentre([1, 2, 3, 4], opposite: [4, 3, 2, 1], columns: 4)
        }
    }
}
