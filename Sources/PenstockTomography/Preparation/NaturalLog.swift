/// The natural logarithm of a positive normal number, within 2 units in the last place, without a call: the loops over
/// pixels that use it become vector code.
///
/// x = 2^e m with m in sqrt(1/2) ..< sqrt(2), and ln m = 2 artanh(s) with s = (m - 1)/(m + 1), |s| < 0.172, whose
/// series converges fast.
@inline(__always)
func naturalLog(_ x: Float) -> Float {
    let bits = x.bitPattern
    // Counting from sqrt(1/2), so that the exponent changes there.
    let offset = bits &- 0x3f35_04f3
    let exponent = Float(Int32(bitPattern: offset) >> 23)
    let mantissa = Float(bitPattern: (offset & 0x007f_ffff) &+ 0x3f35_04f3)
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    let series = ((square * (1 / 9) + (1 / 7)) * square + (1 / 5)) * square + (1 / 3)
    let ln2High: Float = 0.693145751953125
    let ln2Low: Float = 1.42860677e-6
    return exponent * ln2High + (2 * s + (2 * s * square * series + exponent * ln2Low))
}
