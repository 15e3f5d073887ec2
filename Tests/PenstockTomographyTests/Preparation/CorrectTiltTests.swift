import Foundation
import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct CorrectTiltTests {
    private static let (rows, columns) = (61, 80)

    /// A Gaussian ridge along a line through (row 30, column c) that leans by some degrees, and a spot on it 15 rows below, along the line.
    private static func ridge(_ degrees: Double, column: Double) -> Projection {
        let t = degrees * .pi / 180
        let middle = (Double(columns) - 1) / 2
        let values = (0..<rows).flatMap { row in
            (0..<columns).map { at in
                let (x, y) = (Double(at) - middle, Double(row) - 30)
                // Coordinates across and along the axis, from the middle of the projection.
                let (across, along) = (x * cos(t) - y * sin(t), x * sin(t) + y * cos(t))
                let from = across - (column - middle)
                return Float(exp(-from * from / 18) * (1 + exp(-(along - 15) * (along - 15) / 18)))
            }
        }
        return .row(values, rows: rows)
    }

    @Test("what leans with the axis stands upright, with its distances", arguments: [-3.0, 0, 0.7, 5])
    func upright(degrees: Double) throws {
        let leaning = Self.ridge(degrees, column: 45)
        let turned = try StageDriver(CorrectTilt(degrees: degrees)).process([leaning])[0].values.floats
        let expected = Self.ridge(0, column: 45).values.floats
        var worst: Float = 0
        // Away from the edges, which are continued.
        for row in 6..<55 {
            for column in 10..<70 {
                let pixel = row * Self.columns + column
                worst = max(worst, abs(turned[pixel] - expected[pixel]))
            }
        }
        // Cubic convolution of a Gaussian of 3 pixels is right within h^3 f'''.
        #expect(worst < 0.005, "\(worst)")
        if degrees == 0 { #expect(turned == leaning.values.floats) }
    }

    @Test("pixels that are no numbers count as air and harm their neighbours only")
    func nonFinite() throws {
        var values = [Float](repeating: 0.5, count: 81)
        values[40] = .nan
        let turned = try StageDriver(CorrectTilt(degrees: 1)).process([.row(values, rows: 9)])[0].values.floats
        #expect(turned.allSatisfy { $0.isFinite })
        #expect(abs(turned[0] - 0.5) < 1e-6 && abs(turned[40] - 1) < 0.01)
    }
}
