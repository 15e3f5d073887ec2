import CFFTW
import PenstockBenchmarks

/// The bare Fourier transforms of a slice pair: one of the padded length for each angle, and one over both axes of the
/// grid.
///
/// No gridding reconstruction without tricks is faster, so this is what gridrec is held against.
struct FourierFloor: ~Copyable {
    private let lines: UnsafeMutablePointer<fftwf_complex>
    private let grid: UnsafeMutablePointer<fftwf_complex>
    private let linePlan: fftwf_plan
    private let gridPlan: fftwf_plan

    /// Plans the transforms; `isMeasured` lets FFTW time candidates, else it estimates as gridrec does.
    init(angles: Int, period: Int, isMeasured: Bool) {
        let effort = isMeasured ? FFTW_MEASURE : FFTW_ESTIMATE
        let length = Int32(period)
        lines = fftwf_alloc_complex(angles * period)
        grid = fftwf_alloc_complex(period * period)
        linePlan = fftwf_plan_many_dft(
            1, [length], Int32(angles), lines, nil, 1, length, lines, nil, 1, length, FFTW_BACKWARD, effort)
        gridPlan = fftwf_plan_dft_2d(length, length, grid, grid, FFTW_FORWARD, effort)
        UnsafeMutableRawPointer(lines).initializeMemory(as: Float.self, repeating: 0, count: 2 * angles * period)
        UnsafeMutableRawPointer(grid).initializeMemory(as: Float.self, repeating: 0, count: 2 * period * period)
    }

    deinit {
        fftwf_destroy_plan(linePlan)
        fftwf_destroy_plan(gridPlan)
        fftwf_free(lines)
        fftwf_free(grid)
    }

    /// The least processor time of the transforms of all angles, in microseconds per angle.
    func cpuMicrosecondsPerAngle(repeats: Int, angles: Int) -> Double {
        let times = (0...repeats).map { _ in ProcessorTime.milliseconds { fftwf_execute(linePlan) } }
        return (times.min() ?? .nan) * 1000 / Double(angles)
    }

    /// The least processor time of the transform of the grid, in milliseconds.
    func gridCPUMilliseconds(repeats: Int) -> Double {
        let times = (0...repeats).map { _ in ProcessorTime.milliseconds { fftwf_execute(gridPlan) } }
        return times.min() ?? .nan
    }

    /// The least processor time of some pairs, in milliseconds per slice.
    func cpuMillisecondsPerSlice(repeats: Int) -> Double {
        let pairs = (0...repeats).map { _ in
            ProcessorTime.milliseconds { run() }
        }
        return (pairs.min() ?? .nan) / 2
    }

    /// The transforms of a pair of slices.
    func run() {
        fftwf_execute(linePlan)
        fftwf_execute(gridPlan)
    }
}
