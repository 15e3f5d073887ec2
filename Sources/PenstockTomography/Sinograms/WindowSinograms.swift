internal import PenstockEvents

/// The sinograms of a window of projections, after the steps that need them whole.
///
/// Sound to share among threads: nothing changes after it was made.
struct WindowSinograms: Sendable {
    private let projections: [Projection]
    private let steps: [any SinogramStep]
    /// The places of the projections in order round the circle.
    private let order: [Int]
    /// The geometry before each step.
    private let inputs: [SinogramGeometry]
    /// The geometry of what is reconstructed.
    let geometry: SinogramGeometry

    /// Rows of the detector.
    var rows: Int { projections[0].rows }

    /// - Throws: `TomographyError` for a window without projections or without a rotation centre, or that a step cannot take.
    init(_ projections: [Projection], steps: [any SinogramStep]) throws(TomographyError) {
        guard let first = projections.first, let last = projections.last else { throw .noAngles }
        // The newest knows best: the scan may have been steered to another centre.
        guard let centre = last.centre else { throw .centreUnknown }
        self.projections = projections
        self.steps = steps
        let angles = projections.map(\.angleDegrees)
        order = steps.isEmpty ? Array(angles.indices) : CircularOrder(anglesDegrees: angles).places
        var geometry = SinogramGeometry(
            anglesDegrees: order.map { angles[$0] }, columns: first.columns, centre: centre)
        var inputs: [SinogramGeometry] = []
        for step in steps {
            inputs.append(geometry)
            geometry = try step.geometry(from: geometry)
        }
        self.inputs = inputs
        self.geometry = geometry
    }

    /// Calls `body` with where the line of each angle begins, in the order of `geometry`; with nothing where there is no row. Where no step
    /// changes the rows they are read where they are.
    func withLines(of row: Int?, _ body: (UnsafeBufferPointer<UnsafePointer<Float>>) -> Void) {
        guard let row else { return [].withUnsafeBufferPointer(body) }
        guard !steps.isEmpty else {
            let lines = projections.map { projection in
                projection.values.withValues(of: Float.self) { values in
                    // The storage outlives the call: `projections` holds it.
                    UnsafePointer(values.baseAddress! + row * projection.columns)
                }
            }
            return lines.withUnsafeBufferPointer(body)
        }
        let sinogram = sinogram(row: row)
        sinogram.values.withUnsafeBufferPointer { values in
            let lines = (0..<sinogram.angles).map { values.baseAddress! + $0 * sinogram.columns }
            lines.withUnsafeBufferPointer(body)
        }
    }

    /// The sinogram of a detector row after all steps, in order of the angles round the circle.
    func ordered(row: Int) -> Sinogram {
        let sinogram = sinogram(row: row)
        // Steps have it in this order anyway.
        guard steps.isEmpty else { return sinogram }
        let columns = sinogram.columns
        let places = CircularOrder(anglesDegrees: geometry.anglesDegrees).places
        return Sinogram(
            columns: columns, values: places.flatMap { sinogram.values[$0 * columns..<($0 + 1) * columns] })
    }

    /// The sinogram of a detector row after all steps.
    func sinogram(row: Int) -> Sinogram {
        let columns = projections[0].columns
        var values: [Float] = []
        values.reserveCapacity(projections.count * columns)
        for place in order {
            projections[place].values.withValues(of: Float.self) { values += $0[row * columns..<(row + 1) * columns] }
        }
        var sinogram = Sinogram(columns: columns, values: values)
        for (step, input) in zip(steps, inputs) { step.apply(to: &sinogram, input) }
        return sinogram
    }
}
