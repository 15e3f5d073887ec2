internal import Glibc

/// The orthogonal wavelet of Daubechies with five vanishing moments, ten coefficients.
///
/// I. Daubechies, "Orthonormal bases of compactly supported wavelets", Comm. Pure Appl. Math. 41, 909, 1988, DOI 10.1002/cpa.3160410705, table 1
/// for N = 5, divided by its norm: the coefficients sum to the root of 2, their squares to 1. More digits as PyWavelets has them (`db5`).
enum Daubechies5 {
    /// The low-pass of the analysis.
    static let low: [Float] = [
        0.003335725285473771, -0.012580751999081999, -0.006241490212798274, 0.07757149384004572, -0.032244869584638375,
        -0.24229488706638203, 0.13842814590132074, 0.7243085284377729, 0.6038292697971896, 0.16010239797419293,
    ]

    /// The high-pass of the analysis: the low-pass from behind, with signs in turn.
    static let high: [Float] = low.indices.map { ($0.isMultiple(of: 2) ? -1 : 1) * low[low.count - 1 - $0] }

    /// The length of a band of a line of `count` values that is mirrored at its ends.
    static func halved(_ count: Int) -> Int { (count + low.count - 1) / 2 }

    /// The levels after which a line of `count` values is no longer than the filter.
    static func levels(for count: Int) -> Int { max(0, Int(log2(Double(count) / Double(low.count - 1)))) }
}
