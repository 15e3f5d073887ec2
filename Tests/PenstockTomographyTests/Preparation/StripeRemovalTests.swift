import Glibc
import PenstockTomography
import Testing

/// Expected values, where no other source is named, are those of algotom 1.7.0 (`algotom.prep.removal`), which one of the authors of the methods wrote, for
/// the sinogram of 41 angles and 32 columns below.
@Suite struct StripeRemovalTests {
    private static let (angles, columns) = (41, 32)
    private static let shownAngles = [0, 20, 40]
    private static let shownColumns = [8, 9, 10, 13, 14, 20, 25, 31]

    /// A smooth sinogram with noise, columns that differ, a constant stripe (9), one that counts too much (20), and one over some angles (25).
    private static let striped: Sinogram = {
        var values: [Float] = []
        for angle in 0..<angles {
            for column in 0..<columns {
                let k = angle * columns + column
                let noise = Double((k * k * (k % 17 + 3) + 13) % 1009) / 1009 - 0.5
                var value = 1 + 0.1 * sin(0.21 * Double(column)) * cos(0.02 * Double(angle)) + 0.05 * noise
                value *= 1 + 0.006 * Double(column * 37 % 11 - 5)
                if column == 9 { value += 0.15 }
                if column == 20 { value *= 1.2 }
                if column == 25, (10..<30).contains(angle) { value += 0.1 }
                values.append(Float(value))
            }
        }
        return Sinogram(columns: columns, values: values)
    }()

    /// The same with a column that says nothing.
    private static let dead: Sinogram = {
        var sinogram = striped
        for angle in 0..<angles { sinogram.values[angle * columns + 14] = 1.3 }
        return sinogram
    }()

    struct Case: Sendable, CustomTestStringConvertible {
        let method: StripeRemoval
        let sinogram: Sinogram
        /// Values at `shownAngles` and `shownColumns`.
        let expected: [[Float]]
        var testDescription: String { method.description }
    }

    private static let cases = [
        // remove_stripe_based_sorting(S, size=5)
        Case(
            method: .sorting(size: 5), sinogram: striped,
            expected: [
                [1.118343, 1.130611, 1.089302, 1.051292, 0.996437, 0.931445, 0.91381, 0.995603],
                [1.115102, 1.106032, 1.073881, 1.013084, 1.025003, 0.928224, 0.94618, 1.007852],
                [1.072292, 1.097493, 1.079607, 1.039228, 1.002574, 0.942736, 0.919324, 1.026466],
            ]),
        // remove_large_stripe(S, snr=3, size=7)
        Case(
            method: .large(signalToNoise: 3, size: 7), sinogram: striped,
            expected: [
                [1.117696, 1.120183, 1.089302, 1.050506, 0.999509, 0.928327, 0.889457, 0.995603],
                [1.114585, 1.100381, 1.073881, 1.0161, 1.027984, 0.923553, 0.974227, 1.007852],
                [1.069672, 1.092522, 1.079607, 1.041685, 1.003402, 0.945332, 0.892286, 1.026466],
            ]),
        // remove_dead_stripe(D, snr=3, size=7)
        Case(
            method: .dead(signalToNoise: 3, size: 7), sinogram: dead,
            expected: [
                [1.118343, 1.122644, 1.089302, 1.026664, 1.025638, 0.927955, 0.889457, 0.995603],
                [1.115102, 1.101676, 1.073881, 1.044026, 1.031814, 0.924881, 0.974227, 1.007852],
                [1.067808, 1.088096, 1.079607, 1.009747, 1.010081, 0.942736, 0.892286, 1.026466],
            ]),
        // remove_all_stripe(D, snr=3, la_size=7, sm_size=5)
        Case(
            method: .all(signalToNoise: 3, largeSize: 7, smallSize: 5), sinogram: dead,
            expected: [
                [1.114273, 1.122644, 1.089302, 1.025388, 1.025638, 0.927955, 0.915662, 0.995603],
                [1.113244, 1.101676, 1.073881, 1.044026, 1.031814, 0.924881, 0.954687, 1.004847],
                [1.067808, 1.088096, 1.079607, 1.009747, 1.010081, 0.942736, 0.916041, 1.026466],
            ]),
        // NumPy 2.4.6 and SciPy 1.17.1: S - (m - uniform_filter1d(m, 5, mode="nearest")), m = S.mean(0)
        Case(
            method: .smoothing(size: 5), sinogram: striped,
            expected: [
                [1.140962, 1.14609, 1.101868, 1.041773, 1.013581, 0.946109, 0.895361, 0.996563],
                [1.13778, 1.123899, 1.086447, 1.006777, 1.041686, 0.940578, 0.981907, 1.008812],
                [1.091841, 1.115092, 1.092173, 1.0328, 1.017424, 0.965817, 0.898249, 1.027426],
            ]),
        // NumPy and SciPy: pad by 4 rows (reflect), multiply the FFT along the angle by exp(-f^2/18), argsort, median_filter (1, 5), back
        Case(
            method: .filtering(sigma: 3, size: 5), sinogram: striped,
            expected: [
                [1.116989, 1.127006, 1.089302, 1.053139, 0.999947, 0.928316, 0.921679, 0.995603],
                [1.114933, 1.10776, 1.073881, 1.015421, 1.023153, 0.920413, 0.941905, 1.007852],
                [1.072547, 1.103529, 1.079607, 1.04844, 1.002653, 0.9578, 0.923947, 1.026466],
            ]),
        // NumPy: numpy.linalg.solve(D.T @ D + 0.03 I, 0.03 m), D = diff(eye(32), axis=0); S - m + that
        Case(
            method: .titarenko(weight: 0.03), sinogram: striped,
            expected: [
                [1.080406, 1.090308, 1.04932, 1.044499, 1.013632, 0.968758, 0.925155, 0.968873],
                [1.077224, 1.068117, 1.033899, 1.009503, 1.041737, 0.963226, 1.011701, 0.981121],
                [1.031285, 1.05931, 1.039625, 1.035527, 1.017474, 0.988465, 0.928042, 0.999735],
            ]),
        // PyWavelets 1.9.0: pad by 5 rows (symmetric), wavedec2(db5, level=1), vertical details times 1 - exp(-f^2/8), waverec2
        Case(
            method: .fourierWavelet(sigma: 2), sinogram: striped,
            expected: [
                [1.156359, 1.177885, 1.131433, 1.035627, 1.012232, 1.030288, 0.912908, 1.005445],
                [1.155045, 1.158191, 1.114509, 1.006973, 1.037001, 1.022571, 0.955377, 1.017723],
                [1.111014, 1.147104, 1.119366, 1.026365, 1.018595, 1.051302, 0.9271, 1.035386],
            ]),
    ]

    @Test("every method gives what an independent program gives", arguments: cases)
    func tables(_ test: Case) {
        var sinogram = test.sinogram
        test.method.remove(from: &sinogram)
        #expect(sinogram.angles == Self.angles && sinogram.columns == Self.columns)
        for (angle, row) in zip(Self.shownAngles, test.expected) {
            for (column, expected) in zip(Self.shownColumns, row) {
                let value = sinogram.values[angle * Self.columns + column]
                #expect(abs(value - expected) < 2e-6, "angle \(angle), column \(column): \(value) and \(expected)")
            }
        }
    }

    @Test(
        "several levels of wavelets take off what is the same at all angles and falls into details, and give back the rest"
    )
    func wavelets() {
        // Alternating columns are all detail; a sinogram without any change across the columns is none.
        let (angles, columns) = (37, 95)
        let plain = (0..<angles * columns).map { Float(2 + sin(0.3 * Double($0 / columns))) }
        var sinogram = Sinogram(columns: columns, values: plain)
        StripeRemoval.fourierWavelet().remove(from: &sinogram)
        #expect(zip(sinogram.values, plain).allSatisfy { abs($0 - $1) < 1e-5 })
        sinogram.values = plain.enumerated().map { $1 + ($0 % columns % 2 == 0 ? 0.1 : -0.1) }
        StripeRemoval.fourierWavelet().remove(from: &sinogram)
        // Away from the edges, where a mirrored line repeats a column and breaks the pattern.
        let inner = plain.indices.filter { (20..<75).contains($0 % columns) }
        #expect(inner.allSatisfy { abs(sinogram.values[$0] - plain[$0]) < 1e-4 })
    }

    @Test("the smallest sinograms come through every method, finite and in shape", arguments: [1, 2, 3, 9])
    func small(size: Int) {
        let methods: [StripeRemoval] = [
            .smoothing(), .sorting(), .filtering(), .large(), .dead(), .all(), .titarenko(), .fourierWavelet(levels: 9),
        ]
        for method in methods {
            for (angles, columns) in [(1, size), (size, 1), (size, size), (size, 40), (40, size)] {
                var sinogram = Sinogram(
                    columns: columns, values: (0..<angles * columns).map { Float($0 * 7 % 11) - 2 })
                method.remove(from: &sinogram)
                #expect(sinogram.values.count == angles * columns, "\(method)")
                #expect(sinogram.values.allSatisfy { $0.isFinite }, "\(method), \(angles) x \(columns)")
            }
        }
    }

    @Test("text and method say the same, and settings that make no sense are refused")
    func text() throws {
        for text in [
            "smoothing:size=7", "sorting:size=21", "sorting", "filtering:sigma=2.5,size=9", "large:snr=4.0,size=31",
            "dead:snr=3.0,size=51", "all:snr=3.0,large=41,small=11", "fourier-wavelet:sigma=1.5,levels=3",
            "titarenko:weight=0.1",
        ] {
            #expect(try StripeRemoval(text).description == text)
        }
        #expect(try StripeRemoval("all:small=11") == .all(smallSize: 11))
        for (text, reason) in [
            ("rings", "there is no way to remove stripes named ‘rings’"),
            ("sorting:size=x", "‘size=x’ is not a name, an equals sign and a number"),
            ("sorting:size=0", "size must lie above 0"),
            ("sorting:size=2.5", "size must be a whole number, of at most a million"),
            ("sorting:width=5", "there is no setting width here"),
            ("sorting:size=5,size=7", "size is there twice"),
        ] {
            let error = #expect(throws: TomographyError.self) { try StripeRemoval(text) }
            #expect(error?.summary == "‘\(text)’: \(reason)")
        }
    }
}
