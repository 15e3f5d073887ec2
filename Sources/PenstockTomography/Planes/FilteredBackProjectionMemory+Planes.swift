extension FilteredBackProjectionMemory {
    /// Gives the filtered rows to the pixels of one column or row of the two images, and to no others.
    /// - Parameter even: Room for as many values as a slice is wide; `odd` the same for the odd row, or nil.
    mutating func backproject(
        _ plane: OrthoPlane, _ plan: FilteredBackProjectionPlan, into even: UnsafeMutablePointer<Float>,
        _ odd: UnsafeMutablePointer<Float>?
    ) {
        let size = plan.columns
        let cells = plan.projector.columns
        var sums = Array(repeating: SIMD2<Float>.zero, count: size)
        for (angle, view) in plan.projector.views.enumerated() {
            // Along a column of the image rows change, along a row columns.
            let (rowStep, columnStep) =
                view.alongColumns ? (view.cellStep, view.lineStep) : (view.lineStep, view.cellStep)
            let (fixed, step) = plane.axis == .x ? (columnStep, rowStep) : (rowStep, columnStep)
            let first = view.origin + fixed * Double(plane.position)
            let line = filteredPairs(angle)
            for pixel in 0..<size {
                let place = first + step * Double(pixel)
                // Beside the row and its padding stand zeros.
                guard place > -1, place < Double(cells) else { continue }
                let left = place.rounded(.down)
                let part = Float(place - left)
                sums[pixel] += (1 - part) * line[Int(left)] + part * line[Int(left) + 1]
            }
        }
        for pixel in 0..<size {
            even[pixel] = sums[pixel].x
            odd?[pixel] = sums[pixel].y
        }
    }
}
