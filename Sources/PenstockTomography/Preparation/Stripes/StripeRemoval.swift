/// A way to remove the stripes of a sinogram that become rings in the image: columns that count too much or too little at every angle.
///
/// Every way changes the image a little where there are no rings, too: judge by the data whether it pays. The sinogram is after -log, its rows in
/// order of the angles, and free of values that are not finite.
public enum StripeRemoval: Sendable, Hashable {
    /// Takes off how the mean of each column differs from the running mean over `size` columns.
    case smoothing(size: Int = 5)
    /// Sorts every column, takes the median over `size` neighbouring columns, and sorts back: partial stripes. `nil` means a size for the width
    /// of the detector. Algorithm 3 of Vo et al.
    case sorting(size: Int? = nil)
    /// As `sorting`, of what changes slowly with the angle: wide partial stripes. `sigma` is in frequencies of the Fourier transform along the
    /// angle. Algorithm 2 of Vo et al.
    case filtering(sigma: Double = 3, size: Int? = nil)
    /// Finds wide stripes that stand out by `signalToNoise` and replaces them by their neighbourhood of `size` columns. Algorithm 5 of Vo et al.
    case large(signalToNoise: Double = 3, size: Int = 51)
    /// Finds columns that hardly change, or change wildly, and fills them from their neighbours; then as `large`. Algorithm 6 of Vo et al.
    case dead(signalToNoise: Double = 3, size: Int = 51)
    /// `dead`, then `sorting`: all kinds of stripes.
    case all(signalToNoise: Double = 3, largeSize: Int = 61, smallSize: Int = 21)
    /// Adds to each column what makes the profile of the means smooth: the one that has the least sum of squared differences between
    /// neighbours and, times `weight`, of squared differences to the profile. S. Titarenko et al., Appl. Phys. Lett. 95, 071113, 2009,
    /// DOI 10.1063/1.3206694.
    case titarenko(weight: Double = 0.03)

    /// Removes the stripes of a sinogram.
    public func remove(from sinogram: inout Sinogram) {
        switch self {
        case .smoothing(let size): sinogram.removeMeans(size: size)
        case .sorting(let size): sinogram.sortStripes(size: size ?? Self.size(forColumns: sinogram.columns))
        case .filtering(let sigma, let size):
            sinogram.filterStripes(sigma: sigma, size: size ?? Self.size(forColumns: sinogram.columns))
        case .large(let ratio, let size): sinogram.removeLargeStripes(signalToNoise: ratio, size: size)
        case .dead(let ratio, let size): sinogram.removeDeadStripes(signalToNoise: ratio, size: size)
        case .all(let ratio, let largeSize, let smallSize):
            sinogram.removeDeadStripes(signalToNoise: ratio, size: largeSize)
            sinogram.sortStripes(size: smallSize)
        case .titarenko(let weight): sinogram.smoothProfile(weight: weight)
        }
    }

    /// The size that Vo et al. take where none is given.
    static func size(forColumns columns: Int) -> Int { columns > 2000 ? 21 : max(5, columns / 100) }
}
