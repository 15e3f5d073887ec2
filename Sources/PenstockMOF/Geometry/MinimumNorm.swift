/// The point of least length in the convex hull of some vectors: the direction in which all their scalar products grow fastest at once.
///
/// It lies on a vertex, an edge or a face of the hull, or is zero where the hull holds the origin. All of them are tried,
/// which is fastest for the few vectors that occur. Vectors have at most length 1.
func minimumNorm(_ vectors: [SIMD3<Double>]) -> SIMD3<Double> {
    /// A point is the nearest one exactly where no vector reaches below it (P. Wolfe, "Finding the nearest point in a
    /// polytope", 1976, DOI 10.1007/BF01580381).
    func isNearest(_ point: SIMD3<Double>) -> Bool {
        let square = dot(point, point)
        return vectors.allSatisfy { dot($0, point) >= square - 1e-10 }
    }
    for vector in vectors where isNearest(vector) { return vector }
    for i in vectors.indices {
        for j in vectors.indices.dropFirst(i + 1) {
            guard let point = nearestOfEdge(vectors[i], vectors[j]), isNearest(point) else { continue }
            return point
        }
    }
    for i in vectors.indices {
        for j in vectors.indices.dropFirst(i + 1) {
            for k in vectors.indices.dropFirst(j + 1) {
                guard let point = nearestOfFace(vectors[i], vectors[j], vectors[k]), isNearest(point) else { continue }
                return point
            }
        }
    }
    return SIMD3()
}

/// The point of the edge nearest to the origin, if it is not an end.
private func nearestOfEdge(_ first: SIMD3<Double>, _ second: SIMD3<Double>) -> SIMD3<Double>? {
    let along = second - first
    let square = dot(along, along)
    guard square > 1e-14 else { return nil }
    let share = -dot(first, along) / square
    return share > 0 && share < 1 ? first + share * along : nil
}

/// The foot of the origin on the plane of three points, if it is inside their triangle.
private func nearestOfFace(
    _ first: SIMD3<Double>, _ second: SIMD3<Double>, _ third: SIMD3<Double>
) -> SIMD3<Double>? {
    let normal = cross(second - first, third - first)
    let square = dot(normal, normal)
    guard square > 1e-14 else { return nil }
    let foot = dot(first, normal) / square * normal
    let inside =
        dot(cross(second - first, foot - first), normal) > 0
        && dot(cross(third - second, foot - second), normal) > 0
        && dot(cross(first - third, foot - third), normal) > 0
    return inside ? foot : nil
}
