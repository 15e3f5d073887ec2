/// The memory that one thread needs to reconstruct slices by an `IterativePlan`: about 8 `columns`^2 and 4 `angles` x `columns` floats, and
/// 6 `columns`^2 more for total variation.
public struct IterativeMemory: ~Copyable {
    let columns: Int
    let angles: Int
    /// The line integrals, [angle, column].
    private var measured: PairPlane
    /// What the image would give, and then how it differs from what was measured.
    private var simulated: PairPlane
    private var image: PairImage
    private var change: PairImage
    private var sums: ProjectorMemory
    private var variation: TotalVariation?

    /// Memory for plans of as many columns and angles.
    public init(columns: Int, angles: Int) {
        self.columns = columns
        self.angles = angles
        measured = PairPlane(lines: angles, cells: columns)
        simulated = PairPlane(lines: angles, cells: columns)
        image = PairImage(size: columns)
        change = PairImage(size: columns)
        sums = ProjectorMemory(size: columns, columns: columns)
    }

    // MARK: Weights

    /// The length of each ray in the image, [angle, column].
    mutating func rayLengths(_ projector: ParallelProjector, _ numbers: [Int]) -> [Float] {
        begin(with: 1)
        project(projector, numbers)
        return numbers.flatMap { number in
            let line = simulated.pairs(number)
            return (0..<columns).map { line[$0].x }
        }
    }

    /// What each pixel gives to the rays of some projections, [row, column].
    mutating func pixelSums(_ projector: ParallelProjector, _ numbers: [Int]) -> [Float] {
        for number in numbers { simulated.setLine(number, to: 1) }
        projector.backproject(simulated, numbers, by: .adjoint, into: &change, &sums)
        return (0..<columns).flatMap { row in
            let line = change.rows.pairs(row)
            return (0..<columns).map { line[$0].x }
        }
    }

    // MARK: Beginning and end

    /// Takes the rows of a pair.
    mutating func take(
        _ even: UnsafeBufferPointer<UnsafePointer<Float>>, _ odd: UnsafeBufferPointer<UnsafePointer<Float>>?
    ) {
        for angle in even.indices { measured.setLine(angle, even: even[angle], odd: odd?[angle]) }
        variation?.reset()
    }

    /// Begins with an image of one value.
    mutating func begin(with value: Float) {
        for row in 0..<columns { image.rows.setLine(row, to: value) }
        image.copyRowsToColumns()
    }

    /// Begins with images that are there.
    mutating func begin(with even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>?) {
        for row in 0..<columns {
            image.rows.setLine(row, even: even + row * columns, odd: odd.map { $0 + row * columns })
        }
        image.copyRowsToColumns()
    }

    /// Gives the images away.
    func give(_ even: UnsafeMutablePointer<Float>, _ odd: UnsafeMutablePointer<Float>?) {
        for row in 0..<columns {
            image.rows.getLine(row, even: even + row * columns, odd: odd.map { $0 + row * columns })
        }
    }

    /// The sums of the line integrals of all rays that meet the image.
    func total(weights: [Float]) -> SIMD2<Double> {
        var total = SIMD2<Double>.zero
        for angle in 0..<angles {
            let line = measured.pairs(angle)
            for column in 0..<columns where weights[angle * columns + column] > 0 {
                total += SIMD2(Double(line[column].x), Double(line[column].y))
            }
        }
        return total
    }

    // MARK: Steps

    /// Computes what the image would give.
    mutating func project(_ projector: ParallelProjector, _ numbers: [Int]) {
        projector.project(image, numbers, into: &simulated, &sums)
    }

    /// What was measured less what the image would give, times the weights of the rays.
    mutating func subtract(_ numbers: [Int], weights: [Float]) {
        for number in numbers {
            let (measured, simulated) = (measured.pairs(number), simulated.pairs(number))
            for column in 0..<columns {
                simulated[column] = (measured[column] - simulated[column]) * weights[number * columns + column]
            }
        }
    }

    /// What was measured over what the image would give; 0 where that is 0 or less, or the measured is.
    mutating func divide(_ numbers: [Int]) {
        for number in numbers {
            let (measured, simulated) = (measured.pairs(number), simulated.pairs(number))
            for column in 0..<columns {
                let ratio = measured[column].replacing(with: 0, where: measured[column] .< 0) / simulated[column]
                simulated[column] = ratio.replacing(with: 0, where: .!(simulated[column] .> 0))
            }
        }
    }

    /// Adds to the image what the difference gives back to it, times the weights of the pixels.
    mutating func correct(_ projector: ParallelProjector, _ numbers: [Int], weights: [Float], nonNegative: Bool) {
        projector.backproject(simulated, numbers, by: .adjoint, into: &change, &sums)
        let least = nonNegative ? SIMD2<Float>.zero : SIMD2(repeating: -.infinity)
        for row in 0..<columns {
            let (pixels, change) = (image.rows.pairs(row), change.rows.pairs(row))
            for column in 0..<columns {
                let value = pixels[column] + change[column] * weights[row * columns + column]
                pixels[column] = value.replacing(with: least, where: value .< least)
            }
        }
        image.copyRowsToColumns()
    }

    /// Multiplies the image with what the ratio gives back to it, times the weights of the pixels. Pixels that none of the rays sees stay.
    mutating func scale(_ projector: ParallelProjector, _ numbers: [Int], weights: [Float]) {
        projector.backproject(simulated, numbers, by: .adjoint, into: &change, &sums)
        for row in 0..<columns {
            let (pixels, change) = (image.rows.pairs(row), change.rows.pairs(row))
            for column in 0..<columns {
                let weight = weights[row * columns + column]
                if weight > 0 { pixels[column] *= change[column] * weight }
            }
        }
        image.copyRowsToColumns()
    }

    /// Brings the images near to some with less variation.
    mutating func smooth(weight: SIMD2<Float>, nonNegative: Bool) {
        if variation == nil { variation = TotalVariation(size: columns) }
        variation?.smooth(&image.rows, weight: weight)
        if nonNegative {
            for row in 0..<columns {
                let pixels = image.rows.pairs(row)
                for column in 0..<columns { pixels[column].replace(with: 0, where: pixels[column] .< 0) }
            }
        }
        image.copyRowsToColumns()
    }

    /// Lets no pixel be 0 or less, from where a factor leads nowhere: such pixels become a thousandth of the largest, or 1 where none is more.
    /// - Parameter unseen: Pixels that become 0.
    mutating func makePositive(but unseen: [Int]) {
        var largest = SIMD2<Float>.zero
        for row in 0..<columns {
            let pixels = image.rows.pairs(row)
            for column in 0..<columns { largest.replace(with: pixels[column], where: pixels[column] .> largest) }
        }
        let least = (largest * 1e-3).replacing(with: 1, where: largest .<= 0)
        for row in 0..<columns {
            let pixels = image.rows.pairs(row)
            for column in 0..<columns { pixels[column].replace(with: least, where: .!(pixels[column] .> 0)) }
        }
        for pixel in unseen { image.rows.pairs(pixel / columns)[pixel % columns] = .zero }
        image.copyRowsToColumns()
    }
}
