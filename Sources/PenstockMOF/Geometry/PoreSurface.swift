/// The surface on which the probe's centre rolls over the atoms of a crystal, in Å^2 per cell.
public struct PoreSurface: Sendable, Hashable {
    /// The part that the probe can reach from outside, in channels.
    public var accessible = 0.0
    /// The part in pockets.
    public var nonAccessible = 0.0

    /// All of it.
    public var total: Double { accessible + nonAccessible }
}

extension PoreMap {
    /// The surface, sampled with `pointsPerAtom` points on the sphere of each atom; unless they are given a million in all, but 2000 to 20,000 each.
    ///
    /// The sphere of an atom has its radius and the probe's; a point counts if no other atom is nearer than the probe's radius
    /// (A. Shrake, J. A. Rupley, J. Mol. Biol. 79 (1973) 351, DOI 10.1016/0022-2836(73)90011-9). Points lie on a Fibonacci lattice, which
    /// is more even than random points (R. Swinbank, R. J. Purser, Q. J. R. Meteorol. Soc. 132 (2006) 1769, DOI 10.1256/qj.05.227),
    /// turned at random for each atom by `seed` and the atom's place: the order of the atoms does not matter.
    public func surface(of crystal: Crystal, pointsPerAtom: Int? = nil, seed: UInt64 = 0) -> PoreSurface {
        // Few points in a hundred survive in a dense crystal: a small cell needs more of them.
        let pointsPerAtom = pointsPerAtom ?? max(2000, min(20_000, 1_000_000 / max(1, crystal.atoms.count)))
        precondition(pointsPerAtom > 0, "a surface needs a point at least")
        let lattice = FibonacciSphere.points(pointsPerAtom)
        var surface = PoreSurface()
        for atom in crystal.atoms {
            let centre = crystal.cell.cartesian(atom.position)
            let radius = atom.element.poreRadius + probeRadius
            let caps = caps(around: centre, radius: radius)
            guard let caps else { continue }
            let turn = FibonacciSphere.rotation(seed: seed, place: atom.position)
            var (accessible, inPockets) = (0, 0)
            var last = 0
            points: for point in lattice {
                let direction = point.x * turn.0 + point.y * turn.1 + point.z * turn.2
                // Neighbouring points are often in the same cap.
                if last < caps.count, dot(direction, caps[last].axis) > caps[last].cosine { continue }
                for (index, cap) in caps.enumerated() where dot(direction, cap.axis) > cap.cosine {
                    last = index
                    continue points
                }
                if case .channel = pore(at: centre + radius * direction) { accessible += 1 } else { inPockets += 1 }
            }
            let area = 4 * Double.pi * radius * radius / Double(pointsPerAtom)
            surface.accessible += area * Double(accessible)
            surface.nonAccessible += area * Double(inPockets)
        }
        return surface
    }

    /// A part of a sphere that is inside another: the directions with a cosine above `cosine` to `axis`.
    private struct Cap {
        var axis: SIMD3<Double>
        var cosine: Double
    }

    /// The caps that other atoms cut from the sphere around an atom, the largest first; nil if all of it is inside another.
    private func caps(around centre: SIMD3<Double>, radius: Double) -> [Cap]? {
        var caps: [Cap] = []
        var isInside = false
        field.bins.visit(around: centre, reach: radius + probeRadius + field.bins.largestRadius) { sphere in
            let offset = sphere.centre - centre
            let distance = length(offset)
            let other = sphere.radius + probeRadius
            // The atom itself, or another at the same place; of which the larger has the surface.
            guard distance > 1e-6 else {
                if other > radius + 1e-9 { isInside = true }
                return
            }
            guard distance < radius + other else { return }
            // Points closer to the other sphere's surface than rounding count as free.
            let cosine = (radius * radius + distance * distance - other * other) / (2 * radius * distance) + 1e-9
            if cosine >= 1 { return }
            if cosine < -1 { isInside = true }
            caps.append(Cap(axis: offset / distance, cosine: cosine))
        }
        return isInside ? nil : caps.sorted { $0.cosine < $1.cosine }
    }
}
