/// The climb to a local maximum of the distance field, in space or within a plane.
///
/// The distance to a sphere is a convex function of the place, so that its linear model at a point is never above it. The climb
/// maximises the smallest of the linear models of the spheres near by, exactly, and goes there: it never leaves the set of points
/// with at least the distance that it has, and at a point between four spheres (three in a plane) it is Newton's method for the
/// point that has the same distance from all of them.
struct Ascent {
    let field: DistanceField

    /// A place and the distance of the field there, in Å.
    struct Summit {
        var point: SIMD3<Double>
        var distance: Double
    }

    /// Climbs from `start`, at most `steps` times and no farther than `range` Å; within the plane through `start` with this `normal`, if given.
    func climb(
        from start: SIMD3<Double>, normal: SIMD3<Double>? = nil, range: Double = .infinity, steps: Int = 200
    ) -> Summit {
        var summit = Summit(point: start, distance: field.distance(at: start))
        var trust = 0.5
        for _ in 0..<steps {
            let step = linearStep(from: summit.point, normal: normal, trust: trust)
            guard step.gain > 1e-9 else { break }
            let point = summit.point + step.move
            let distance = field.distance(at: point)
            // Spheres beyond those of the block may be nearer than the model knows.
            guard distance > summit.distance else {
                trust /= 4
                if trust < 1e-8 { break }
                continue
            }
            let away = point - start
            guard dot(away, away) <= range * range else { break }
            summit = Summit(point: point, distance: distance)
            trust = min(0.5, 2 * trust)
        }
        return summit
    }

    /// The direction of the ridge at a point that is equally far from three spheres: the one in which their distances change alike.
    func ridge(at point: SIMD3<Double>) -> SIMD3<Double>? {
        let home = field.home(of: point)
        let nearest = field.distance(at: point)
        let slopes = field.spheres[home.spheres].filter { $0.distance(home.point) < nearest + 1e-4 }
            .map { (home.point - $0.centre) / length(home.point - $0.centre) }
        var best = SIMD3<Double>()
        for (index, slope) in slopes.enumerated() where index > 1 {
            let direction = cross(slopes[1] - slopes[0], slope - slopes[0])
            if dot(direction, direction) > dot(best, best) { best = direction }
        }
        return length(best) > 0.1 ? best / length(best) : nil
    }

    /// The move of at most `trust` Å that raises the smallest linear model most, and by how much.
    private func linearStep(
        from point: SIMD3<Double>, normal: SIMD3<Double>?, trust: Double
    ) -> (move: SIMD3<Double>, gain: Double) {
        let home = field.home(of: point)
        var distances: [Double] = []
        var slopes: [SIMD3<Double>] = []
        var nearest = Double.infinity
        for index in home.spheres { nearest = min(nearest, field.spheres[index].distance(home.point)) }
        for index in home.spheres {
            let away = home.point - field.spheres[index].centre
            let span = length(away)
            let distance = span - field.spheres[index].radius
            guard distance <= nearest + 2 * trust, span > 1e-12 else { continue }
            var slope = away / span
            if let normal { slope -= dot(slope, normal) * normal }
            distances.append(distance - nearest)
            slopes.append(slope)
        }
        var (move, gain) = (SIMD3<Double>(), 0.0)
        // Each turn one more sphere joins those that hold the level, or the top is reached.
        for _ in 0..<40 {
            let active = distances.indices.filter { distances[$0] <= gain + 1e-10 }
            let direction = minimumNorm(active.map { slopes[$0] })
            let rate = dot(direction, direction)
            guard rate > 1e-12 else { break }
            var stretch = (trust - length(move)) / rate.squareRoot()
            for index in distances.indices where distances[index] > gain + 1e-10 {
                let closing = rate - dot(slopes[index], direction)
                if closing > 1e-12 { stretch = min(stretch, (distances[index] - gain) / closing) }
            }
            guard stretch > 1e-12 else { break }
            move += stretch * direction
            gain += stretch * rate
            for index in distances.indices { distances[index] += stretch * dot(slopes[index], direction) }
        }
        return (move, gain)
    }
}
