/// The atoms of a crystal as spheres, sorted into boxes of a reduced cell, for the search of those nearest to a point.
struct SphereBins: Sendable {
    typealias Sphere = DistanceField.Sphere

    let cell: UnitCell
    private let counts: SIMD3<Int>
    /// The spheres of box i are those from `starts[i]` to below `starts[i + 1]`.
    private var starts: [Int]
    private var spheres: [Sphere]
    let largestRadius: Double
    /// The smallest distance between opposite faces of a box in Å.
    private let width: Double

    /// The spheres of a crystal; nil where it has no atoms.
    init?(_ crystal: Crystal) {
        guard !crystal.atoms.isEmpty else { return nil }
        cell = crystal.cell.reduced()
        // About two atoms a box: a search ends after a few boxes in dense crystals, and after a few images in empty cells.
        let edge = cubeRoot(2 * cell.volume / Double(crystal.atoms.count))
        let sizes = (cell.widths / edge).rounded(.toNearestOrEven)
        counts = SIMD3(max(1, Int(sizes.x)), max(1, Int(sizes.y)), max(1, Int(sizes.z)))
        width = (cell.widths / SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))).min()
        var filled: [(box: Int, sphere: Sphere)] = []
        filled.reserveCapacity(crystal.atoms.count)
        for atom in crystal.atoms {
            let place = Atom.wrapped(cell.fractional(crystal.cell.cartesian(atom.position)))
            let box =
                (Int(place.x * Double(counts.x)) * counts.y + Int(place.y * Double(counts.y))) * counts.z
                + Int(place.z * Double(counts.z))
            filled.append((box, Sphere(centre: cell.cartesian(place), radius: atom.element.poreRadius)))
        }
        largestRadius = filled.reduce(0) { max($0, $1.sphere.radius) }
        starts = [Int](repeating: 0, count: counts.x * counts.y * counts.z + 1)
        for one in filled { starts[one.box + 1] += 1 }
        for box in 1..<starts.count { starts[box] += starts[box - 1] }
        var next = starts
        spheres = [Sphere](repeating: filled[0].sphere, count: filled.count)
        for one in filled {
            spheres[next[one.box]] = one.sphere
            next[one.box] += 1
        }
    }

    /// Appends all spheres whose surface is at most `slack` Å farther from a point in the cell than the nearest surface.
    ///
    /// Boxes are visited in rings around the point's own until no farther one can matter.
    func appendNearest(_ point: SIMD3<Double>, within slack: Double, to list: inout [Sphere]) {
        let place = Atom.wrapped(cell.fractional(point))
        let home = SIMD3(
            Int(place.x * Double(counts.x)), Int(place.y * Double(counts.y)), Int(place.z * Double(counts.z)))
        let origin = cell.cartesian((cell.fractional(point) - place).rounded(.toNearestOrEven))
        let begin = list.count
        var nearest = Double.infinity
        var ring = 0
        while Double(ring - 1) * width - largestRadius <= nearest + slack {
            visit(ring: ring, around: home) { box, shift in
                for index in starts[box]..<starts[box + 1] {
                    var sphere = spheres[index]
                    sphere.centre += shift + origin
                    let distance = sphere.distance(point)
                    nearest = min(nearest, distance)
                    if distance <= nearest + slack { list.append(sphere) }
                }
            }
            ring += 1
        }
        // Some were taken before a nearer one was found.
        var kept = begin
        for index in begin..<list.count where list[index].distance(point) <= nearest + slack {
            list[kept] = list[index]
            kept += 1
        }
        list.removeSubrange(kept...)
    }

    /// Calls `body` for all spheres whose centre is at most `reach` Å from a point, and for some beyond.
    func visit(around point: SIMD3<Double>, reach: Double, _ body: (Sphere) -> Void) {
        let place = Atom.wrapped(cell.fractional(point))
        let home = SIMD3(
            Int(place.x * Double(counts.x)), Int(place.y * Double(counts.y)), Int(place.z * Double(counts.z)))
        let origin = cell.cartesian((cell.fractional(point) - place).rounded(.toNearestOrEven))
        var ring = 0
        while Double(ring - 1) * width <= reach {
            visit(ring: ring, around: home) { box, shift in
                for index in starts[box]..<starts[box + 1] {
                    var sphere = spheres[index]
                    sphere.centre += shift + origin
                    body(sphere)
                }
            }
            ring += 1
        }
    }

    /// The boxes at `ring` steps from one, with the Cartesian shift of the periodic image that they belong to.
    private func visit(ring: Int, around home: SIMD3<Int>, _ body: (Int, SIMD3<Double>) -> Void) {
        for x in -ring...ring {
            for y in -ring...ring {
                let onFace = abs(x) == ring || abs(y) == ring
                for z in stride(from: -ring, through: ring, by: onFace || ring == 0 ? 1 : 2 * ring) {
                    let (image, box) = split(home &+ SIMD3(x, y, z))
                    body(
                        (box.x * counts.y + box.y) * counts.z + box.z,
                        cell.cartesian(SIMD3(Double(image.x), Double(image.y), Double(image.z))))
                }
            }
        }
    }

    private func split(_ box: SIMD3<Int>) -> (image: SIMD3<Int>, box: SIMD3<Int>) {
        let x = floorDivide(box.x, counts.x)
        let y = floorDivide(box.y, counts.y)
        let z = floorDivide(box.z, counts.z)
        return (SIMD3(x.quotient, y.quotient, z.quotient), SIMD3(x.remainder, y.remainder, z.remainder))
    }
}

/// Division that rounds down, with a remainder from 0.
@inline(__always) func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let remainder = value % divisor
    return remainder < 0
        ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
}
