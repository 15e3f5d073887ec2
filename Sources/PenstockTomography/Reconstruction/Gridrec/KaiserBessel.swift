internal import CPenstockShim
internal import Glibc

/// The Kaiser-Bessel kernel that spreads a sample over 4 x 4 cells of the Fourier grid, and its transform, which the
/// image is divided by.
///
/// Shape parameter after Beatty, Nishimura, Pauly, "Rapid gridding reconstruction with a minimal oversampling ratio",
/// 2005, DOI 10.1109/TMI.2005.848376.
struct KaiserBessel {
    /// Cells along each axis that a sample touches.
    static let width = Int(PENSTOCK_GRIDREC_WIDTH)
    /// Cells beyond the grid's edge that a sample inside may touch.
    static let reach = width / 2
    /// Fractions of a cell at which the kernel is tabulated.
    static let positions = Int(PENSTOCK_GRIDREC_POSITIONS)

    private let beta: Double

    /// The kernel for a grid `oversampling` times as fine as the image needs.
    init(oversampling: Double) {
        let reach = Double(Self.width) / oversampling * (oversampling - 0.5)
        beta = .pi * sqrt(reach * reach - 0.8)
    }

    /// The kernel `cells` away from its centre, 1 in the centre and 0 beyond half the width.
    func value(cells: Double) -> Double {
        let x = 2 * cells / Double(Self.width)
        guard abs(x) <= 1 else { return 0 }
        return Self.besselI0(beta * sqrt(1 - x * x)) / Self.besselI0(beta)
    }

    /// The kernel's Fourier transform at a pixel `x` from the image's centre, where the transforms have length
    /// `period`.
    func transform(x: Double, period: Int) -> Double {
        let width = Double(Self.width)
        let phase = .pi * width * x / Double(period)
        let square = beta * beta - phase * phase
        let root = sqrt(abs(square))
        let shape = root < 1e-9 ? 1 : (square > 0 ? sinh(root) : sin(root)) / root
        return width * shape / Self.besselI0(beta)
    }

    /// The weights of the cells floor(u) - 1 ... floor(u) + 2 for each tabulated fraction of u.
    func table() -> [Float] {
        (0..<Self.positions).flatMap { position in
            let fraction = (Double(position) + 0.5) / Double(Self.positions)
            return (0..<Self.width).map { Float(value(cells: fraction + 1 - Double($0))) }
        }
    }

    /// The modified Bessel function of order zero by its power series, whose terms are all positive.
    static func besselI0(_ x: Double) -> Double {
        let quarter = x * x / 4
        var sum = 1.0
        var term = 1.0
        var index = 1.0
        while term > sum * 1e-17 {
            term *= quarter / (index * index)
            sum += term
            index += 1
        }
        return sum
    }
}
