/// Finds the image near to a given one that has little total variation: noise goes, edges stay.
///
/// It minimises the squared distance over 2 `weight` plus the sum of the lengths of the gradients, by the fixed-point iteration of
/// A. Chambolle, "An algorithm for total variation minimization and applications", J. Math. Imaging Vis. 20, 89, 2004,
/// DOI 10.1023/B:JMIV.0000011325.36760.1e. The dual field stays from one call to the next, which are about images that are near to each other.
struct TotalVariation: ~Copyable {
    /// Steps of the iteration in a call.
    static let steps = 10
    /// The length of a step; up to 1/4 it converges.
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

    /// Smooths a pair of images.
    /// - Parameter weight: How much: in the unit of the image.
    mutating func smooth(_ image: inout PairPlane, weight: Float) {
        guard weight > 0 else { return }
        for _ in 0..<Self.steps {
            diverge(minus: image, over: weight)
            advance()
        }
        diverge(minus: image, over: .infinity)
        for row in 0..<size {
            let (pixels, divergence) = (image.pairs(row), divergence.pairs(row))
            for column in 0..<size { pixels[column] -= weight * divergence[column] }
        }
    }

    /// The divergence of the field, less the image over `weight`. The field is zero at the last row and column.
    private mutating func diverge(minus image: borrowing PairPlane, over weight: Float) {
        for row in 0..<size {
            let (target, pixels) = (divergence.pairs(row), image.pairs(row))
            let (along, down) = (along.pairs(row), down.pairs(row))
            let above = row > 0 ? self.down.pairs(row - 1) : nil
            for column in 0..<size {
                var sum = along[column] + down[column] - pixels[column] / weight
                if column > 0 { sum -= along[column - 1] }
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
