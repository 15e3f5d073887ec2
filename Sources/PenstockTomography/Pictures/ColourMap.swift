public import Penstock

/// How values of a picture become colours.
///
/// Viridis and inferno have a lightness that rises evenly, also in print and for the colour-blind: S. van der Walt, N. Smith, of matplotlib
/// (CC0), here from nine of their colours with straight lines between.
public enum ColourMap: String, Sendable, Hashable, CaseIterable {
    /// Black to white.
    case grey
    /// White to black, as on film.
    case film
    /// Dark blue over green to yellow.
    case viridis
    /// Black over red to light yellow.
    case inferno

    /// The colours of 256 levels: red, green, blue.
    var palette: [SIMD3<UInt8>] {
        switch self {
        case .grey: (0..<256).map { SIMD3(repeating: UInt8($0)) }
        case .film: (0..<256).map { SIMD3(repeating: UInt8(255 - $0)) }
        case .viridis:
            Self.between([
                0x440154, 0x472C7A, 0x3B518B, 0x2C718E, 0x21908D, 0x27AD81, 0x5CC863, 0xAADC32, 0xFDE725,
            ])
        case .inferno:
            Self.between([
                0x000004, 0x1F0C48, 0x550F6D, 0x88226A, 0xBA3655, 0xE35933, 0xF98C0A, 0xF9C932, 0xFCFFA4,
            ])
        }
    }

    private static func between(_ anchors: [Int]) -> [SIMD3<UInt8>] {
        let colours = anchors.map { SIMD3(Double($0 >> 16 & 255), Double($0 >> 8 & 255), Double($0 & 255)) }
        return (0..<256).map { level in
            let place = Double(level) / 255 * Double(colours.count - 1)
            let index = min(Int(place), colours.count - 2)
            let part = place - Double(index)
            let colour = (colours[index] * (1 - part) + colours[index + 1] * part).rounded(.toNearestOrAwayFromZero)
            return SIMD3(UInt8(colour.x), UInt8(colour.y), UInt8(colour.z))
        }
    }
}

extension ColourMap: ExpressibleByArgument {}
