/// The type of the numbers in a dataset or an image. The raw values are the names that schemas use.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
    /// Unsigned integers of 1, 2, 4 and 8 bytes.
    case u8, u16, u32, u64
    /// Signed integers of 1, 2, 4 and 8 bytes.
    case i8, i16, i32, i64
    /// IEEE 754 numbers of 4 and 8 bytes.
    case f32, f64

    /// The bytes of one number.
    public var byteCount: Int {
        switch self {
        case .u8, .i8: 1
        case .u16, .i16: 2
        case .u32, .i32, .f32: 4
        case .u64, .i64, .f64: 8
        }
    }
}

/// A Swift number that files hold.
public protocol FormatElement: BitwiseCopyable, Sendable {
    /// The type's name in files.
    static var elementType: ElementType { get }
    /// Zero: what fresh arrays are filled with.
    static var zero: Self { get }
}

extension UInt8: FormatElement {
    /// `u8`.
    public static var elementType: ElementType { .u8 }
}

extension UInt16: FormatElement {
    /// `u16`.
    public static var elementType: ElementType { .u16 }
}

extension UInt32: FormatElement {
    /// `u32`.
    public static var elementType: ElementType { .u32 }
}

extension UInt64: FormatElement {
    /// `u64`.
    public static var elementType: ElementType { .u64 }
}

extension Int8: FormatElement {
    /// `i8`.
    public static var elementType: ElementType { .i8 }
}

extension Int16: FormatElement {
    /// `i16`.
    public static var elementType: ElementType { .i16 }
}

extension Int32: FormatElement {
    /// `i32`.
    public static var elementType: ElementType { .i32 }
}

extension Int64: FormatElement {
    /// `i64`.
    public static var elementType: ElementType { .i64 }
}

extension Float: FormatElement {
    /// `f32`.
    public static var elementType: ElementType { .f32 }
}

extension Double: FormatElement {
    /// `f64`.
    public static var elementType: ElementType { .f64 }
}
