#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The cube root.
func cubeRoot(_ value: Double) -> Double { cbrt(value) }
