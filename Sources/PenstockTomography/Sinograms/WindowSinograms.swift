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

    /// Whether any step changes the rows; else they can be read where they are.
    var areChanged: Bool { !steps.isEmpty }

    /// - Throws: `TomographyError` for a window without projections or without a rotation centre, or that a step cannot take.
    init(_ projections: [Projection], steps: [any SinogramStep]) throws(TomographyError) {
        guard let first = projections.first else { throw .noAngles }
        guard let centre = first.centre else { throw .centreUnknown }
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
