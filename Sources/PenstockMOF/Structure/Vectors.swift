/// The scalar product.
@inline(__always) func dot(_ left: SIMD3<Double>, _ right: SIMD3<Double>) -> Double {
    left.x * right.x + left.y * right.y + left.z * right.z
}

/// The vector product.
@inline(__always) func cross(_ left: SIMD3<Double>, _ right: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(
        left.y * right.z - left.z * right.y, left.z * right.x - left.x * right.z, left.x * right.y - left.y * right.x)
}

/// The length of a vector.
@inline(__always) func length(_ vector: SIMD3<Double>) -> Double { dot(vector, vector).squareRoot() }
