extension BlockedRegions {
    /// The pockets of a crystal that a hard sphere of this diameter, in Å, cannot enter from outside; nil where all of it is open.
    ///
    /// The window of a pocket counts as it is in the crystal at rest: frameworks whose windows open, such as ZIF-8, are blocked as a whole for
    /// gases that are known to get in. Takes time and memory linear in the volume of the cell.
    /// - Parameter diameter: For a gas its kinetic diameter.
    public init?(pocketsOf crystal: Crystal, diameter: Double) {
        guard let map = PoreMap(of: crystal, probeRadius: diameter / 2) else { return nil }
        let cell = crystal.cell
        let spacing = max(Self.spacing, cubeRoot(cell.volume / Self.voxelsMax))
        let counts = cell.voxels(of: spacing)
        let steps = SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        var isBlocked = [Bool](repeating: false, count: counts.x * counts.y * counts.z)
        var voxel = 0
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let middle = (SIMD3(Double(x), Double(y), Double(z)) + 0.5) / steps
                    isBlocked[voxel] = map.isInPocket(cell.cartesian(middle))
                    voxel += 1
                }
            }
        }
        guard isBlocked.contains(true) else { return nil }
        self.init(counts: counts, isBlocked: isBlocked)
    }

    /// The part of the cell that is blocked, 0 to 1.
    public var share: Double { Double(isBlocked.count { $0 }) / Double(isBlocked.count) }

    /// The size of a voxel in Å, and the most of them: larger cells have larger ones.
    private static let spacing = 0.3
    private static let voxelsMax = 4e6
}

extension UnitCell {
    /// How many voxels of at most `spacing` Å each edge has.
    fileprivate func voxels(of spacing: Double) -> SIMD3<Int> {
        func count(_ length: Double) -> Int { max(1, Int((length / spacing).rounded(.up))) }
        return SIMD3(count(lengths.x), count(lengths.y), count(lengths.z))
    }
}
