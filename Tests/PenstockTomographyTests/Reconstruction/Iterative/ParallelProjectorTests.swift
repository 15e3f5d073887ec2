import Glibc
import PenstockTesting
import Testing

@testable import PenstockTomography

@Suite struct ParallelProjectorTests {
    /// Also those at which rays change between rows and columns, and more than a turn.
    private static let angles: [Double] = {
        let special: [Double] = [0, .pi / 4, .pi / 2, .pi, 3 * .pi / 4, 9]
        return special + (0..<23).map { Double($0) * 0.31 - 2 }
    }()

    /// A pair of planes with values that differ in every cell.
    private func fill(_ plane: inout PairPlane, seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for line in 0..<plane.lines {
            for cell in 0..<plane.cells {
                plane.pairs(line)[cell] = SIMD2(
                    Float.random(in: -1...1, using: &generator), Float.random(in: -1...1, using: &generator))
            }
        }
    }

    private func product(_ a: borrowing PairPlane, _ b: borrowing PairPlane) -> SIMD2<Double> {
        var sum = SIMD2<Double>.zero
        for line in 0..<a.lines {
            for cell in 0..<a.cells { sum += SIMD2<Double>(a.pairs(line)[cell]) * SIMD2<Double>(b.pairs(line)[cell]) }
        }
        return sum
    }

    /// Sums of some thousand products of numbers up to 1 and their squares; rounding of single precision is 1e-7 of their size.
    @Test(
        "back-projection is the adjoint of projection, slice by slice",
        arguments: [(16, 8.0), (17, 8.0), (24, 3.7), (25, -4.2), (1, 0)])
    func adjoint(size: Int, centre: Double) {
        let projector = ParallelProjector(size: size, columns: size, anglesRadians: Self.angles, centre: centre)
        var memory = ProjectorMemory(size: size, columns: size)
        var image = PairImage(size: size)
        fill(&image.rows, seed: 1)
        image.copyRowsToColumns()
        var rays = PairPlane(lines: Self.angles.count, cells: size)
        fill(&rays, seed: 2)
        let all = Array(Self.angles.indices)
        var projected = PairPlane(lines: Self.angles.count, cells: size)
        projector.project(image, all, into: &projected, &memory)
        var back = PairImage(size: size)
        projector.backproject(rays, all, by: .adjoint, into: &back, &memory)
        let (left, right) = (product(projected, rays), product(image.rows, back.rows))
        let scale = (product(projected, projected) * product(rays, rays)).squareRoot()
        #expect(abs(left.x - right.x) <= 1e-6 * scale.x + 1e-12)
        #expect(abs(left.y - right.y) <= 1e-6 * scale.y + 1e-12)
        #expect(left.x != left.y || size == 1)
    }

    @Test("a pixel is seen as Joseph's triangle, where x cos + y sin says", arguments: [12, 13])
    func pixel(size: Int) {
        let centre = 5.3
        let projector = ParallelProjector(size: size, columns: size, anglesRadians: Self.angles, centre: centre)
        var memory = ProjectorMemory(size: size, columns: size)
        var image = PairImage(size: size)
        let (row, column) = (3, 8)
        image.rows.pairs(row)[column] = SIMD2(2, -1)
        image.copyRowsToColumns()
        var projected = PairPlane(lines: Self.angles.count, cells: size)
        projector.project(image, Array(Self.angles.indices), into: &projected, &memory)
        let (x, y) = (Double(column - size / 2), Double(size - 1 - size / 2 - row))
        for (number, angle) in Self.angles.enumerated() {
            let place = centre + x * cos(angle) + y * sin(angle)
            // The width of the pixel along the line of pixels that the ray crosses, as the detector sees it.
            let width = max(abs(cos(angle)), abs(sin(angle)))
            for ray in 0..<size {
                let expected = max(0, 1 - abs(Double(ray) - place) / width) / width
                let value = projected.pairs(number)[ray]
                #expect(abs(Double(value.x) - 2 * expected) < 1e-5, "angle \(angle), column \(ray)")
                #expect(abs(Double(value.y) + expected) < 1e-5, "angle \(angle), column \(ray)")
            }
        }
    }

    /// The line integral of a disk of radius r at a distance of s is 2 sqrt(r^2 - s^2).
    @Test("the projections of a disk are those of the closed formula", arguments: [0.0, 0.4])
    func disk(offset: Double) {
        let (size, radius) = (40, 14.0)
        let centre = Double(size / 2) + offset
        let projector = ParallelProjector(size: size, columns: size, anglesRadians: Self.angles, centre: centre)
        var memory = ProjectorMemory(size: size, columns: size)
        let truth = SlicePhantom.disk(radiusPixels: radius).image(size: size, samples: 8)
        var image = PairImage(size: size)
        for row in 0..<size {
            for column in 0..<size { image.rows.pairs(row)[column] = SIMD2(repeating: truth[row * size + column]) }
        }
        image.copyRowsToColumns()
        var projected = PairPlane(lines: Self.angles.count, cells: size)
        projector.project(image, Array(Self.angles.indices), into: &projected, &memory)
        for (number, angle) in Self.angles.enumerated() {
            var total = 0.0
            for column in 0..<size {
                let value = Double(projected.pairs(number)[column].x)
                total += value
                let distance = abs(Double(column) - centre)
                // Near its edge the formula changes by more than the pixels resolve; half a column would be 1.5 there.
                guard distance < radius - 2 else { continue }
                let expected = 2 * (radius * radius - distance * distance).squareRoot()
                #expect(abs(value - expected) < 0.4, "angle \(angle), column \(column)")
            }
            #expect(abs(total / (.pi * radius * radius) - 1) < 0.005, "angle \(angle)")
        }
    }

    @Test("projections that a part of is asked for are the same, and the others stay")
    func subset() {
        let size = 15
        let projector = ParallelProjector(size: size, columns: size, anglesRadians: Self.angles, centre: 7)
        var memory = ProjectorMemory(size: size, columns: size)
        var image = PairImage(size: size)
        fill(&image.rows, seed: 5)
        image.copyRowsToColumns()
        var all = PairPlane(lines: Self.angles.count, cells: size)
        projector.project(image, Array(Self.angles.indices), into: &all, &memory)
        var some = PairPlane(lines: Self.angles.count, cells: size)
        let numbers = [2, 3, 5, 11, 24]
        projector.project(image, numbers, into: &some, &memory)
        for number in Self.angles.indices {
            for column in 0..<size {
                let expected = numbers.contains(number) ? all.pairs(number)[column] : .zero
                #expect(some.pairs(number)[column] == expected)
            }
        }
    }

    @Test("rays far beside the image see nothing", arguments: [100.0, -100, 1e8, 1e15, -1e15])
    func farCentre(centre: Double) {
        let size = 8
        let projector = ParallelProjector(size: size, columns: size, anglesRadians: Self.angles, centre: centre)
        var memory = ProjectorMemory(size: size, columns: size)
        var image = PairImage(size: size)
        for row in 0..<size { image.rows.setLine(row, to: 1) }
        image.copyRowsToColumns()
        var projected = PairPlane(lines: Self.angles.count, cells: size)
        projector.project(image, Array(Self.angles.indices), into: &projected, &memory)
        #expect(product(projected, projected) == .zero)
    }
}
