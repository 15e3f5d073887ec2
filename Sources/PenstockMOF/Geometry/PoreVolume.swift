/// Volumes of the pores of a crystal, in Å^3 per cell.
struct PoreVolume: Sendable {
    /// Where a point has room: {D >= 0}.
    var pointProbe = 0.0
    /// Where the centre of the probe has room, {D >= probe radius}, by channel.
    var channels: [Double]
    /// The same by pocket.
    var pockets: [Double]

    /// The volumes in a map.
    ///
    /// Each grid point stands for a small cell. The part of it above a level is that of a cell cut by a plane at the point's distance:
    /// the error of the sum is far smaller than by counting points.
    init(_ map: PoreMap, channels channelCount: Int, pockets pocketCount: Int) {
        channels = [Double](repeating: 0, count: channelCount)
        pockets = [Double](repeating: 0, count: pocketCount)
        let volume = map.grid.volumePerPoint
        // A slab of this thickness has the second moment of a cube, whatever its direction.
        let inverseThickness = Float(1 / cubeRoot(volume))
        let radius = Float(map.probeRadius)
        for (index, distance) in map.grid.values.enumerated() {
            let open = distance * inverseThickness + 0.5
            guard open > 0 else { continue }
            pointProbe += Double(min(1, open)) * volume
            let roomy = (distance - radius) * inverseThickness + 0.5
            guard roomy > 0 else { continue }
            switch map.pore(ofGridPoint: index) {
            case .channel(let channel): channels[channel] += Double(min(1, roomy)) * volume
            case .pocket(let pocket): pockets[pocket] += Double(min(1, roomy)) * volume
            case .solid: break
            }
        }
    }
}
