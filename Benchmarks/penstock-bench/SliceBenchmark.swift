import ArgumentParser
import PenstockBenchmarks
import PenstockTomography

/// Reconstruction of analytic phantoms: processor time of one thread, and the error against the phantom itself.
struct SliceBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slices", abstract: "Reconstruct analytic phantoms: time on one thread, and error.",
        discussion: """
            Every slice is another turned and scaled Shepp-Logan phantom, the axis lies at columns / 2 + 0.3. \
            The time is that of the reconstruction alone, plans made before; slices are done in pairs. rmse and \
            scale are those of the worst slice in a disk of 0.95 of the radius, against the mean of the phantom \
            over each pixel. For iterative algorithms the time of an iteration is printed, and that of the \
            plan. For gridrec the floor is the time of the bare transforms of an unpruned gridding \
            reconstruction with FFTW plans by MEASURE, which can change the low bits from run to run; the second \
            floor has plans by ESTIMATE, as gridrec must.
            """)

    @Option(help: "Projections, evenly over 180 degrees.") var angles = 512
    @Option(help: "Columns of the detector.") var columns = 512
    @Option(help: "Slices.") var slices = 16
    @Option(help: "Seed of the phantoms' turns and sizes.") var seed: UInt64 = 1
    @OptionGroup var reconstruction: ReconstructionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard angles > 0, columns > 0, slices > 0 else { throw ValidationError("all sizes must be positive") }
        guard !reconstruction.warmStart else { throw ValidationError("--warm-start needs windows; here is one") }
    }

    func run() throws {
        let theta = (0..<angles).map { Double($0) * .pi / Double(angles) }
        let phantoms = (0..<slices).map { phantom(slice: $0) }
        let centre = Double(columns) / 2 + 0.3
        let sinograms = phantoms.flatMap { $0.sinogram(anglesRadians: theta, columns: columns, centre: centre) }
        let start = ProcessorTime.threadMilliseconds
        let plan = try reconstruction.method.plan(columns: columns, anglesRadians: theta, centre: centre)
        let planning = ProcessorTime.threadMilliseconds - start
        var images = Array(repeating: Float(0), count: slices * columns * columns)
        let times = reconstruct(plan, sinograms, into: &images)
        var worst = (rmse: 0.0, scale: 1.0)
        for (slice, phantom) in phantoms.enumerated() {
            let score = score(Array(images[slice * columns * columns..<(slice + 1) * columns * columns]), phantom)
            worst.rmse = max(worst.rmse, score.rmse)
            if abs(score.scale - 1) > abs(worst.scale - 1) { worst.scale = score.scale }
        }
        var figures = FigureList()
        figures.add("angles", Double(angles))
        figures.add("columns", Double(columns))
        figures.add("slices", Double(slices))
        figures.add("cpu_ms_per_slice", times.mean)
        figures.add("best_pair_cpu_ms_per_slice", times.best)
        figures.add("plan_cpu_ms", planning)
        if let iterative = plan as? IterativePlan {
            figures.add("iterations", Double(iterative.iterations))
            figures.add("cpu_s_per_slice_and_iteration", times.mean / 1000 / Double(iterative.iterations))
        }
        if let gridrec = plan as? GridrecPlan { addFloor(of: gridrec, times.mean, to: &figures) }
        figures.add("rmse", worst.rmse)
        figures.add("scale", worst.scale)
        figures.print(json: json)
    }

    private func addFloor(of gridrec: GridrecPlan, _ milliseconds: Double, to figures: inout FigureList) {
        // In this order: what FFTW measures once it uses for later estimates in the same process.
        let estimated = FourierFloor(angles: angles, period: gridrec.period, isMeasured: false)
            .cpuMillisecondsPerSlice(repeats: 2)
        let measured = FourierFloor(angles: angles, period: gridrec.period, isMeasured: true)
            .cpuMillisecondsPerSlice(repeats: 5)
        figures.add("padded_columns", Double(gridrec.period))
        figures.add("fft_floor_cpu_ms_per_slice", measured)
        figures.add("fft_floor_ratio", milliseconds / measured)
        figures.add("fft_floor_estimate_cpu_ms_per_slice", estimated)
        figures.add("thread_memory_bytes", Double(GridrecWorkspace(for: gridrec).byteCount))
    }

    private func phantom(slice: Int) -> SlicePhantom {
        let turn = Double((seed &* 37 &+ UInt64(slice) &* 23) % 360)
        let scale = 1 - 0.03 * Double((seed &+ UInt64(slice)) % 5)
        let ellipses = Ellipse.sheppLogan.map { $0.transformed(turnedByDegrees: turn, scaledBy: scale) }
        return SlicePhantom(ellipses: ellipses, radiusPixels: Double(columns) / 2)
    }

    /// Processor milliseconds per slice over all pairs, and in the fastest pair. One pair before the first warms the
    /// caches.
    private func reconstruct(
        _ plan: any ReconstructionPlan, _ sinograms: [Float], into images: inout [Float]
    ) -> (mean: Double, best: Double) {
        let pool = MemoryPool()
        let size = columns * columns
        var total = 0.0
        var best = Double.infinity
        sinograms.withUnsafeBufferPointer { sinograms in
            images.withUnsafeMutableBufferPointer { images in
                for (turn, row) in ([0] + Array(stride(from: 0, to: slices, by: 2))).enumerated() {
                    let hasOdd = row + 1 < slices
                    let even = pointers(sinograms, row)
                    let odd = hasOdd ? pointers(sinograms, row + 1) : []
                    let base = images.baseAddress! + row * size
                    let time = even.withUnsafeBufferPointer { even in
                        odd.withUnsafeBufferPointer { odd in
                            ProcessorTime.milliseconds {
                                pool.reconstruct(
                                    SlicePair(
                                        even: even, odd: hasOdd ? odd : nil, evenImage: base,
                                        oddImage: hasOdd ? base + size : nil),
                                    by: plan)
                            }
                        }
                    }
                    guard turn > 0 else { continue }
                    total += time
                    best = min(best, time / (hasOdd ? 2 : 1))
                }
            }
        }
        return (total / Double(slices), best)
    }

    private func pointers(_ sinograms: UnsafeBufferPointer<Float>, _ slice: Int) -> [UnsafePointer<Float>] {
        (0..<angles).map { sinograms.baseAddress! + (slice * angles + $0) * columns }
    }

    /// Root mean square error and least-squares scale (through zero) of an image in the disk.
    private func score(_ image: [Float], _ phantom: SlicePhantom) -> (rmse: Double, scale: Double) {
        let truth = phantom.image(size: columns)
        let radius = 0.95 * Double(columns) / 2
        var errors = 0.0
        var count = 0.0
        var cross = 0.0
        var square = 0.0
        for pixel in truth.indices {
            let x = Double(pixel % columns - columns / 2)
            let y = Double(columns - 1 - columns / 2 - pixel / columns)
            guard x * x + y * y < radius * radius else { continue }
            let (value, reference) = (Double(image[pixel]), Double(truth[pixel]))
            errors += (value - reference) * (value - reference)
            count += 1
            cross += value * reference
            square += reference * reference
        }
        return ((errors / count).squareRoot(), cross / square)
    }
}
