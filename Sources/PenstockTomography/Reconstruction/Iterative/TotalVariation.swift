/// Finds the image near to a given one that has little total variation: noise goes, edges stay.
///
/// It minimises the squared distance over 2 `weight` plus the sum of the lengths of the gradients, by the fixed-point iteration of
/// A. Chambolle, "An algorithm for total variation minimization and applications", J. Math. Imaging Vis. 20, 89, 2004,
/// DOI 10.1023/B:JMIV.0000011325.36760.1e. The dual field stays from one call to the next, which are about images that are near to each
/// other; `reset` forgets it.
struct TotalVariation: ~Copyable {
    /// Steps of the iteration in a call.
    static let steps = 10
    /// The length of a step. Chambolle proves convergence up to 1/8 and finds it up to 1/4.
    static let step: Float = 0.25

    private let size: Int
    /// The dual field, along rows and down columns.
    private var along: PairPlane
    private var down: PairPlane
    private var divergence: PairPlane

    /// For images of `size` x `size` pixels.
    init(size: Int) {
        self.size = size
        along = PairPlane(lines: size, cells: size)
        down = PairPlane(lines: size, cells: size)
        divergence = PairPlane(lines: size, cells: size)
    }

    /// Begins with other images.
    mutating func reset() {
        for row in 0..<size {
            along.setLine(row, to: 0)
            down.setLine(row, to: 0)
        }
    }

    /// Smooths a pair of images.
    /// - Parameter weight: How much each, in the unit of the image; where it is 0 the image stays.
    mutating func smooth(_ image: inout PairPlane, weight: SIMD2<Float>) {
        let inverse = (1 / weight).replacing(with: 0, where: .!(weight .> 0))
        for _ in 0..<Self.steps {
            diverge(minus: image, times: inverse)
            advance()
        }
        diverge(minus: image, times: .zero)
        for row in 0..<size {
            let (pixels, divergence) = (image.pairs(row), divergence.pairs(row))
            for column in 0..<size { pixels[column] -= weight * divergence[column] }
        }
    }

    /// The divergence of the field, less the image times `factor`. The field is zero at the last row and column.
    private mutating func diverge(minus image: borrowing PairPlane, times factor: SIMD2<Float>) {
        for row in 0..<size {
            let (target, pixels) = (divergence.pairs(row), image.pairs(row))
            let (along, down) = (along.pairs(row), down.pairs(row))
            let above = row > 0 ? self.down.pairs(row - 1) : nil
            for column in 0..<size {
                // Before the first cell of a line there are zeros.
                var sum = along[column] - along[column - 1] + down[column] - factor * pixels[column]
                if let above { sum -= above[column] }
                target[column] = sum
            }
        }
    }

    /// Moves the field along the gradient of what `diverge` has left.
    private mutating func advance() {
        for row in 0..<size {
            let (along, down, own) = (along.pairs(row), down.pairs(row), divergence.pairs(row))
            let below = row + 1 < size ? divergence.pairs(row + 1) : nil
            for column in 0..<size {
                let right = column + 1 < size ? own[column + 1] - own[column] : .zero
                let under = below.map { $0[column] - own[column] } ?? .zero
                let scale = 1 + Self.step * (right * right + under * under).squareRoot()
                along[column] = (along[column] + Self.step * right) / scale
                down[column] = (down[column] + Self.step * under) / scale
            }
        }
    }
}
