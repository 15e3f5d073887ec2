/// Angles in their order round the circle, beginning behind the largest gap.
///
/// So a window of half a turn that goes through 360 degrees stays in one piece, and a golden-angle scan, whose projections come in any order,
/// has a sinogram in which neighbours are alike.
struct CircularOrder {
    /// The places of the angles in the list that was given, in order; equal angles in the order of the list.
    let places: [Int]
    /// How far each is from the first, in degrees from 0 up to 360, rising.
    let offsetsDegrees: [Double]
    /// From the last angle over 360 degrees to the first: no gap between neighbours is larger.
    let openingDegrees: Double

    init(anglesDegrees: [Double]) {
        let turned = anglesDegrees.map { angle in
            let rest = angle.truncatingRemainder(dividingBy: 360)
            // -1e-20 + 360 is 360, which is 0.
            return rest < 0 ? (rest + 360).truncatingRemainder(dividingBy: 360) : rest
        }
        let sorted = turned.indices.sorted { (turned[$0], $0) < (turned[$1], $1) }
        let gaps = sorted.indices.map { place in
            place == 0
                ? turned[sorted[0]] + 360 - turned[sorted[sorted.count - 1]]
                : turned[sorted[place]] - turned[sorted[place - 1]]
        }
        // The gap over 360 degrees wins where others are as large but for rounding: a full turn begins at 0.
        var first = 0
        for place in gaps.indices where gaps[place] > gaps[first] + 1e-6 { first = place }
        let places = Array(sorted[first...] + sorted[..<first])
        self.places = places
        offsetsDegrees = places.map { place in
            let offset = turned[place] - turned[places[0]]
            return offset < 0 ? offset + 360 : offset
        }
        openingDegrees = gaps.isEmpty ? 360 : gaps[first]
    }
}
