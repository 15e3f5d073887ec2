#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Where the atoms of a linker are: the carbon of one carboxylate at the origin, that of the other on the x axis, both in the plane of x and y.
///
/// Bond lengths and angles are standard ones. Rings turn about the axis and groups about their bonds, in steps, until nothing is too close:
/// the least turn that is enough, and where none is, the best.
struct LinkerGeometry: Sendable {
    /// Nothing is closer than this share of the sum of two radii, where turning can help.
    static let wantedClearance = 0.92
    /// A linker with groups closer than this share is none.
    static let crowdedClearance = 0.72

    private(set) var atoms: [PieceAtom]
    /// From the carbon of one carboxylate to that of the other, in Å.
    let length: Double
    /// How many rings it has.
    let rings: Int
    /// How many groups it has.
    let substituents: Int
    /// Whether groups are too close to each other or to something else.
    private(set) var isCrowded = false

    init(_ linker: Linker) {
        let units = linker.backbone.units
        var starts: [Double] = []
        var reach = Self.bond(nil, units[0])
        for (place, unit) in units.enumerated() {
            starts.append(reach)
            reach += unit.length + Self.bond(unit, place + 1 < units.count ? units[place + 1] : nil)
        }
        length = reach
        rings = units.reduce(0) { $0 + $1.rings }
        atoms = Self.carboxylate(at: 0, facing: -1) + Self.carboxylate(at: reach, facing: 1)
        let chosen = Self.decorated(units, starts, linker.decoration)
        substituents = chosen.count
        for (number, (unit, start)) in zip(units, starts).enumerated() {
            let groups = unit.sites.indices.map { site in
                chosen.contains(SIMD2(number, site)) ? linker.decoration?.substituent : nil
            }
            add(unit, groups, at: start)
        }
    }

    private static func bond(_ one: LinkerUnit?, _ other: LinkerUnit?) -> Double {
        switch (one?.isAromatic, other?.isAromatic) {
        case (true?, true?): BondLength.arylAryl
        case (false?, false?): BondLength.alkyneAlkyne
        case (true?, false?), (false?, true?): BondLength.arylAlkyne
        case (true?, nil), (nil, true?): BondLength.arylCarboxylate
        default: BondLength.alkyneCarboxylate
        }
    }

    /// The angle between the two bonds of a carboxylate's carbon to oxygen, halved, in degrees.
    static let carboxylateHalfAngle = 62.5

    private static func carboxylate(at x: Double, facing side: Double) -> [PieceAtom] {
        let angle = carboxylateHalfAngle * .pi / 180
        let (along, across) = (BondLength.carboxylate * cos(angle), BondLength.carboxylate * sin(angle))
        return [
            PieceAtom(.carbon, x, 0), PieceAtom(.oxygen, x + side * along, across),
            PieceAtom(.oxygen, x + side * along, -across),
        ]
    }

    /// Which sites have groups, as numbers of units and of sites in them.
    private static func decorated(
        _ units: [LinkerUnit], _ starts: [Double], _ decoration: Linker.Decoration?
    ) -> [SIMD2<Int>] {
        let all = units.indices.flatMap { unit in units[unit].sites.indices.map { SIMD2(unit, $0) } }
        guard let decoration, let first = all.first else { return [] }
        func place(_ site: SIMD2<Int>) -> SIMD3<Double> {
            units[site.x].sites[site.y].position + SIMD3(starts[site.x], 0, 0)
        }
        switch decoration.pattern {
        case .one: return [first]
        case .all: return all
        case .two:
            var farthest = first
            for site in all
            where PenstockMOF.length(place(site) - place(first)) > PenstockMOF.length(place(farthest) - place(first))
                + 1e-6
            {
                farthest = site
            }
            return farthest == first ? [first] : [first, farthest]
        }
    }

    /// Adds a unit with what is on its sites, turned about the axis.
    private mutating func add(_ unit: LinkerUnit, _ groups: [Substituent?], at start: Double) {
        var outer = unit.fixedHydrogens
        var isDecorated = false
        for (site, group) in zip(unit.sites, groups) {
            guard group == nil else { continue }
            let place = site.position + BondLength.aromaticHydrogen * site.direction
            outer.append(PieceAtom(.hydrogen, place.x, place.y, place.z))
        }
        for (site, group) in zip(unit.sites, groups) {
            guard let group else { continue }
            isDecorated = true
            let skeleton = unit.atoms.filter { PenstockMOF.length($0.position - site.position) > 1.6 }
            let (placed, room) = Self.turned(group, site, skeleton + outer)
            isCrowded = isCrowded || room < Self.crowdedClearance
            outer += placed
        }
        // What lies on the axis does not move; neighbours by bonds that cross the axis are no contacts.
        let others = atoms.filter { abs($0.position.y) + abs($0.position.z) > 0.1 }
        var best = (angle: 0.0, room: -Double.infinity)
        if unit.isAromatic, !outer.isEmpty {
            for degrees in stride(from: 0.0, through: 90, by: 15) {
                let room = clearance(Self.moved(outer, start, degrees), others)
                if room > best.room + 1e-9 { best = (degrees, room) }
                if room >= Self.wantedClearance { break }
            }
            isCrowded = isCrowded || isDecorated && best.room < Self.crowdedClearance
        }
        atoms += Self.moved(unit.atoms + outer, start, best.angle)
    }

    /// A group on its site, turned about its bond to where it has the most room, and that room.
    private static func turned(
        _ group: Substituent, _ site: LinkerUnit.Site, _ others: [PieceAtom]
    ) -> (atoms: [PieceAtom], room: Double) {
        let across = SIMD3(-site.direction.y, site.direction.x, 0)
        let normal = SIMD3(0.0, 0, 1)
        var best = (atoms: [PieceAtom](), room: -Double.infinity)
        for degrees in stride(from: 0.0, to: group.isAxial ? 1 : 360, by: 30) {
            let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
            let (v, w) = (cosine * across + sine * normal, cosine * normal - sine * across)
            let atoms = group.atoms.map { atom in
                let place = site.position + atom.position.x * site.direction + atom.position.y * v + atom.position.z * w
                return PieceAtom(atom.element, place.x, place.y, place.z)
            }
            let room = clearance(atoms, others)
            if room > best.room + 1e-9 { best = (atoms, room) }
        }
        return best
    }

    /// Atoms further along the axis and turned about it.
    private static func moved(_ atoms: [PieceAtom], _ start: Double, _ degrees: Double) -> [PieceAtom] {
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        return atoms.map { atom in
            let place = atom.position
            return PieceAtom(
                atom.element, place.x + start, cosine * place.y - sine * place.z, sine * place.y + cosine * place.z)
        }
    }
}
