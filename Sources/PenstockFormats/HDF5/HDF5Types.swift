internal import CHDF5

extension ElementType {
    /// The library's type for numbers in memory. Owned by the library.
    var inMemory: hid_t {
        switch self {
        case .u8: penstock_h5_native_u8()
        case .u16: penstock_h5_native_u16()
        case .u32: penstock_h5_native_u32()
        case .u64: penstock_h5_native_u64()
        case .i8: penstock_h5_native_i8()
        case .i16: penstock_h5_native_i16()
        case .i32: penstock_h5_native_i32()
        case .i64: penstock_h5_native_i64()
        case .f32: penstock_h5_native_f32()
        case .f64: penstock_h5_native_f64()
        }
    }

    /// The library's type for numbers in files: little-endian on every machine, so that files do not differ.
    var inFile: hid_t {
        switch self {
        case .u8: penstock_h5_little_u8()
        case .u16: penstock_h5_little_u16()
        case .u32: penstock_h5_little_u32()
        case .u64: penstock_h5_little_u64()
        case .i8: penstock_h5_little_i8()
        case .i16: penstock_h5_little_i16()
        case .i32: penstock_h5_little_i32()
        case .i64: penstock_h5_little_i64()
        case .f32: penstock_h5_little_f32()
        case .f64: penstock_h5_little_f64()
        }
    }

    /// The numbers that a file's type holds, in either byte order; nil where it is not one of these.
    init?(hdf5 type: hid_t) {
        let bytes = H5Tget_size(type)
        switch H5Tget_class(type) {
        case H5T_INTEGER:
            let isSigned = H5Tget_sign(type) == H5T_SGN_2
            switch bytes {
            case 1: self = isSigned ? .i8 : .u8
            case 2: self = isSigned ? .i16 : .u16
            case 4: self = isSigned ? .i32 : .u32
            case 8: self = isSigned ? .i64 : .u64
            default: return nil
            }
        case H5T_FLOAT:
            switch bytes {
            case 4: self = .f32
            case 8: self = .f64
            default: return nil
            }
        default: return nil
        }
    }
}

/// What the elements of a dataset or attribute are where they are no numbers, for messages.
func hdf5TypeName(_ type: hid_t) -> String {
    switch H5Tget_class(type) {
    case H5T_INTEGER: "\(8 * H5Tget_size(type))-bit integers"
    case H5T_FLOAT: "\(8 * H5Tget_size(type))-bit floating-point numbers"
    case H5T_STRING: "text"
    case H5T_COMPOUND: "compound records"
    case H5T_ENUM: "enumeration values"
    case H5T_REFERENCE: "references"
    case H5T_VLEN: "sequences of variable length"
    case H5T_ARRAY: "arrays"
    default: "opaque values"
    }
}
