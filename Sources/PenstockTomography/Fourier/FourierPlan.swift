internal import CFFTW
internal import PenstockEvents

/// FFTW's planner works on process-wide tables; only execution is safe from many threads. The value is the number of plans made: a lock
/// around nothing would have the thread sanitizer take the object's own header for it.
private let planner = Guarded(0)

/// The plan that `make` gets from FFTW while nobody else plans.
private func planning(_ make: () -> fftwf_plan?) -> fftwf_plan {
    var plan: fftwf_plan?
    planner.withLock { count in
        plan = make()
        count += 1
    }
    guard let plan else { preconditionFailure("FFTW has no plan for these lengths") }
    return plan
}

/// The sign of the exponent of a Fourier transform.
enum FourierSign: Int32 {
    /// exp(-2 pi i j k / length)
    case minus = -1
    /// exp(+2 pi i j k / length)
    case plus = 1
}

/// An FFTW plan for complex transforms of one length and layout, in single precision.
///
/// Planned by FFTW_ESTIMATE: a plan that came from timing candidates could change the low bits of a result from run to
/// run. FFTW's new-array functions run the plan on any memory aligned as a `FourierBuffer` is, from many threads at
/// once.
///
/// Sound as `Sendable`: FFTW does not change a plan after it was made, and only `deinit` destroys it.
struct FourierPlan: ~Copyable, @unchecked Sendable {
    private let handle: fftwf_plan
    private let inPlace: Bool

    /// A plan for `count` transforms at once: element k of transform i is the complex number at k `stride` + i
    /// `distance`.
    init(length: Int, count: Int = 1, stride: Int = 1, distance: Int = 1, sign: FourierSign, inPlace: Bool = true) {
        let size = (length - 1) * stride + (count - 1) * distance + 1
        let source = FourierBuffer(complexCount: size)
        let target = FourierBuffer(complexCount: inPlace ? 1 : size)
        var lengths = [Int32(length)]
        handle = planning {
            fftwf_plan_many_dft(
                1, &lengths, Int32(count), complex(source.base), nil, Int32(stride), Int32(distance),
                complex(inPlace ? source.base : target.base), nil, Int32(stride), Int32(distance), sign.rawValue,
                FFTW_ESTIMATE)
        }
        self.inPlace = inPlace
    }

    /// A plan for one transform over both axes of a `rows` x `columns` array, in place.
    init(rows: Int, columns: Int, sign: FourierSign) {
        let memory = FourierBuffer(complexCount: rows * columns)
        let data = complex(memory.base)
        handle = planning {
            fftwf_plan_dft_2d(Int32(rows), Int32(columns), data, data, sign.rawValue, FFTW_ESTIMATE)
        }
        inPlace = true
    }

    deinit {
        let handle = handle
        planner.withLock { _ in fftwf_destroy_plan(handle) }
    }

    /// Transforms `data` in place.
    func execute(_ data: UnsafeMutablePointer<Float>) {
        precondition(inPlace, "the plan is for two arrays")
        fftwf_execute_dft(handle, complex(data), complex(data))
    }

    /// Transforms `source`, which stays as it is, into `target`.
    func execute(_ source: UnsafeMutablePointer<Float>, into target: UnsafeMutablePointer<Float>) {
        precondition(!inPlace, "the plan is for one array")
        fftwf_execute_dft(handle, complex(source), complex(target))
    }
}

/// An FFTW plan for the half spectrum of a real array, in single precision and by FFTW_ESTIMATE.
///
/// Sound as `Sendable` for the reasons of `FourierPlan`.
struct RealFourierPlan: ~Copyable, @unchecked Sendable {
    private let handle: fftwf_plan

    /// A plan for `rows` x `columns` real numbers; the spectrum has `rows` x (`columns` / 2 + 1) complex numbers.
    init(rows: Int, columns: Int) {
        let source = FourierBuffer(count: rows * columns)
        let target = FourierBuffer(complexCount: rows * (columns / 2 + 1))
        handle = planning {
            fftwf_plan_dft_r2c_2d(Int32(rows), Int32(columns), source.base, complex(target.base), FFTW_ESTIMATE)
        }
    }

    deinit {
        let handle = handle
        planner.withLock { _ in fftwf_destroy_plan(handle) }
    }

    /// Transforms `source`, with the sign -, into `target`.
    func execute(_ source: borrowing FourierBuffer, into target: borrowing FourierBuffer) {
        fftwf_execute_dft_r2c(handle, source.base, complex(target.base))
    }
}

/// An FFTW plan from the half spectrum of a real array back to the array, times its size, in single precision and by FFTW_ESTIMATE.
///
/// Sound as `Sendable` for the reasons of `FourierPlan`.
struct InverseRealFourierPlan: ~Copyable, @unchecked Sendable {
    private let handle: fftwf_plan

    /// A plan for `rows` x `columns` real numbers; the spectrum has `rows` x (`columns` / 2 + 1) complex numbers.
    init(rows: Int, columns: Int) {
        let source = FourierBuffer(complexCount: rows * (columns / 2 + 1))
        let target = FourierBuffer(count: rows * columns)
        handle = planning {
            fftwf_plan_dft_c2r_2d(Int32(rows), Int32(columns), complex(source.base), target.base, FFTW_ESTIMATE)
        }
    }

    deinit {
        let handle = handle
        planner.withLock { _ in fftwf_destroy_plan(handle) }
    }

    /// Transforms `spectrum`, which is used up, with the sign +, into `target`.
    func execute(_ spectrum: borrowing FourierBuffer, into target: borrowing FourierBuffer) {
        fftwf_execute_dft_c2r(handle, complex(spectrum.base), target.base)
    }
}

/// The same memory as FFTW's complex type, two floats side by side.
private func complex(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<fftwf_complex> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fftwf_complex.self)
}
