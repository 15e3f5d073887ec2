#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A rigid piece of a linker on the x axis: its first atom at the origin, its last at x = `length`, rings in the plane of x and y.
struct LinkerUnit: Sendable {
    /// A place for a hydrogen or a substituent.
    struct Site: Sendable {
        /// The ring's atom.
        let position: SIMD3<Double>
        /// Where the bond leads, of length 1.
        let direction: SIMD3<Double>
    }

    /// Whether it is aromatic; else it is a triple bond.
    let isAromatic: Bool
    let length: Double
    /// The atoms of the skeleton.
    let atoms: [PieceAtom]
    /// Hydrogens that stay, since a larger group would bump into the linker's ends.
    let fixedHydrogens: [PieceAtom]
    /// Where hydrogens are that a group can replace: those nearest to the origin first.
    let sites: [Site]
    /// How many rings it has.
    let rings: Int

    /// -C≡C-
    static let ethynylene = LinkerUnit(
        isAromatic: false, length: BondLength.triple,
        atoms: [PieceAtom(.carbon, 0, 0), PieceAtom(.carbon, BondLength.triple, 0)], fixedHydrogens: [], sites: [],
        rings: 0)
    /// 1,4-phenylene.
    static let phenylene = fused([SIMD2(0, 0)])
    /// 2,5-pyrazinediyl.
    static let pyrazine = fused([SIMD2(0, 0)], nitrogens: [120, 300])
    /// 1,2,4,5-tetrazine-3,6-diyl.
    static let tetrazine = fused([SIMD2(0, 0)], nitrogens: [60, 120, 240, 300])
    /// 1,4-naphthalenediyl.
    static let naphthalene = fused([SIMD2(0, 0), SIMD2(0, 1)])
    /// 9,10-anthracenediyl.
    static let anthracene = fused([SIMD2(0, 0), SIMD2(0, 1), SIMD2(0, -1)])
    /// 2,7-pyrenediyl.
    static let pyrene = fused([SIMD2(-1, 0), SIMD2(1, 0), SIMD2(0, 0.5), SIMD2(0, -0.5)])

    /// Regular hexagons that share edges.
    /// - Parameters:
    ///   - centres: Of the rings, in units of 1.5 bonds along x and sqrt(3) bonds along y.
    ///   - nitrogens: Where the first ring has nitrogen, in degrees about its centre.
    private static func fused(_ centres: [SIMD2<Double>], nitrogens: [Int] = []) -> LinkerUnit {
        let bond = BondLength.aromatic
        var vertices: [PieceAtom] = []
        for (ring, centre) in centres.enumerated() {
            for degrees in stride(from: 0, to: 360, by: 60) {
                let angle = Double(degrees) * .pi / 180
                let place = SIMD2(
                    bond * (1.5 * centre.x + cos(angle)), bond * (3.0.squareRoot() * centre.y + sin(angle)))
                let isKnown = vertices.contains {
                    abs($0.position.x - place.x) < 0.1 && abs($0.position.y - place.y) < 0.1
                }
                let element = ring == 0 && nitrogens.contains(degrees) ? Element.nitrogen : .carbon
                if !isKnown { vertices.append(PieceAtom(element, place.x, place.y)) }
            }
        }
        let reach = vertices.map(\.position.x).max()!
        for place in vertices.indices { vertices[place].position.x += reach }
        return LinkerUnit(vertices, length: 2 * reach, rings: centres.count)
    }

    /// The unit of a ring system whose first and last atoms are on the x axis.
    private init(_ vertices: [PieceAtom], length span: Double, rings: Int) {
        var sites: [Site] = []
        for vertex in vertices where vertex.element == .carbon {
            let bonds = vertices.map { $0.position - vertex.position }.filter {
                PenstockMOF.length($0) > 0.1 && PenstockMOF.length($0) < 1.1 * BondLength.aromatic
            }
            let isEnd = abs(vertex.position.y) < 0.1 && min(vertex.position.x, span - vertex.position.x) < 0.1
            guard bonds.count == 2, !isEnd else { continue }
            let outward = -(bonds[0] + bonds[1])
            sites.append(Site(position: vertex.position, direction: outward / PenstockMOF.length(outward)))
        }
        // What points along the axis points at what the unit is bonded to.
        let isBlocked = { (site: Site) in abs(site.direction.x) > 0.9 }
        self.init(
            isAromatic: true, length: span, atoms: vertices,
            fixedHydrogens: sites.filter(isBlocked).map { site in
                let place = site.position + BondLength.aromaticHydrogen * site.direction
                return PieceAtom(.hydrogen, place.x, place.y, place.z)
            }, sites: sites.filter { !isBlocked($0) }.sorted(by: Self.isBefore), rings: rings)
    }

    private init(
        isAromatic: Bool, length: Double, atoms: [PieceAtom], fixedHydrogens: [PieceAtom], sites: [Site], rings: Int
    ) {
        (self.isAromatic, self.length, self.atoms) = (isAromatic, length, atoms)
        (self.fixedHydrogens, self.sites, self.rings) = (fixedHydrogens, sites, rings)
    }

    /// From the origin on; of two that are as far, the one closer to the axis, then the one of higher y. Rounding must not decide.
    private static func isBefore(_ one: Site, _ other: Site) -> Bool {
        let ahead = other.position.x - one.position.x
        if abs(ahead) > 0.01 { return ahead > 0 }
        let aside = abs(other.position.y) - abs(one.position.y)
        return abs(aside) > 0.01 ? aside > 0 : one.position.y > other.position.y
    }
}
