internal import Glibc

/// What gridrec needs that does not depend on the angles: the filter with the shift to the centre, the kernel and its shape in the image, and
/// the plans of the Fourier transforms.
///
/// Takes milliseconds to make, so all windows around one centre share it. Immutable; serves many threads.
package final class GridrecSetup: Sendable {
    /// The column, counted from 0, that the rotation axis projects to.
    let centre: Double
    /// The filter.
    let filter: ReconstructionFilter
    let layout: GridrecLayout
    /// The filter and the shift to the centre, as complex numbers for the frequencies 0 ..< `period` / 2.
    let response: [Float]
    /// The weights of the cells around a sample.
    let kernel: [Float]
    /// What a column, or a row, of the image is multiplied by.
    let deapodisation: [Float]
    let usesPortableKernel: Bool
    let projectionPlan: FourierPlan
    let rowPlan: FourierPlan
    let columnPlan: FourierPlan

    /// The setup for projections `columns` wide around `centre`.
    /// - Throws: `TomographyError.invalidCentre` where the centre is not finite.
    package init(
        columns: Int, centre: Double, filter: ReconstructionFilter = .shepp, usesPortableKernel: Bool = false
    ) throws(TomographyError) {
        guard centre.isFinite else { throw .invalidCentre }
        let layout = GridrecLayout(columns: columns)
        let period = layout.period
        self.centre = centre
        self.filter = filter
        self.layout = layout
        self.usesPortableKernel = usesPortableKernel
        let kernel = KaiserBessel(oversampling: Double(period) / Double(columns))
        self.kernel = kernel.table()
        response = Self.response(filter: filter, period: period, centre: centre + Double(layout.padding))
        deapodisation = (0..<columns).map { column in
            let x = column - columns / 2
            return Float((x.isMultiple(of: 2) ? 1 : -1) / kernel.transform(x: Double(x), period: period))
        }
        projectionPlan = FourierPlan(length: period, sign: .plus)
        rowPlan = FourierPlan(length: period, sign: .minus, inPlace: false)
        columnPlan = FourierPlan(
            length: period, count: GridrecLayout.columnsPerBlock, stride: GridrecLayout.columnsPerBlock, sign: .minus)
    }

    /// An earlier setup, where it is one for these, or a new one.
    /// - Throws: `TomographyError.invalidCentre` where the centre is not finite.
    static func reusing(
        _ last: GridrecSetup?, columns: Int, centre: Double, filter: ReconstructionFilter
    ) throws(TomographyError) -> GridrecSetup {
        if let last, last.layout.columns == columns, last.centre == centre, last.filter == filter { return last }
        return try GridrecSetup(columns: columns, centre: centre, filter: filter)
    }

    private static func response(filter: ReconstructionFilter, period: Int, centre: Double) -> [Float] {
        let magnitude = filter.response(period: period)
        return (0..<period / 2).flatMap { k in
            let turns = (Double(k) * centre / Double(period)).truncatingRemainder(dividingBy: 1)
            // Frequency zero is spread twice, from either side, so that a real slice stays real.
            let scale = magnitude[k] / Double(k == 0 ? 4 * period : 2 * period)
            return [Float(scale * cos(2 * .pi * turns)), Float(-scale * sin(2 * .pi * turns))]
        }
    }
}

/// The direction of a projection, and how much it counts.
struct GridrecView: Sendable {
    let cosine: Float
    let sine: Float
    /// The part of the half circle in radians; negative where the projection is taken off a grid.
    var weight: Float

    init(angleRadians: Double, weight: Float) {
        cosine = Float(cos(angleRadians))
        sine = Float(sin(angleRadians))
        self.weight = weight
    }
}
