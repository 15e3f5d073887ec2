/// The versions of the Zarr storage specification that are written (https://zarr-specs.readthedocs.io).
public enum ZarrFormat: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// `.zgroup`, `.zarray` and `.zattrs`; chunk `z/y/x`.
    case v2 = 2
    /// One `zarr.json` for each group and array; chunk `c/z/y/x`.
    case v3 = 3

    /// The number of the version.
    public var description: String { "\(rawValue)" }

    /// The file in an array's or group's folder that says what it is.
    func metadataName(ofArray isArray: Bool) -> String {
        switch self {
        case .v2: isArray ? ".zarray" : ".zgroup"
        case .v3: "zarr.json"
        }
    }

    /// The folder and file of a chunk, relative to its array.
    func chunkName(_ index: [Int]) -> String {
        let numbers = index.map { String($0) }.joined(separator: "/")
        return self == .v2 ? numbers : "c/" + numbers
    }

    /// The name of a type of numbers; all are little-endian.
    func typeName(_ type: ElementType) -> String {
        switch self {
        case .v2:
            let letter: Character = type.rawValue.first ?? "u"
            return "\(type.byteCount == 1 ? "|" : "<")\(letter)\(type.byteCount)"
        case .v3:
            let kind =
                switch type {
                case .u8, .u16, .u32, .u64: "uint"
                case .i8, .i16, .i32, .i64: "int"
                case .f32, .f64: "float"
                }
            return "\(kind)\(8 * type.byteCount)"
        }
    }
}
