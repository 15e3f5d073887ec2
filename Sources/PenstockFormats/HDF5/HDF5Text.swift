internal import CHDF5

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Texts in datasets and attributes: fixed or variable length, ASCII or UTF-8. All functions are called inside the
/// lock.
enum HDF5Text {
    /// The type of the texts that we write: UTF-8 of variable length, which other tools read as text and not as bytes.
    static func fileType(_ failure: () -> FormatError) throws(FormatError) -> HDF5Identifier {
        let type = try HDF5Identifier(H5Tcopy(penstock_h5_string()), H5Tclose, orThrow: failure)
        H5Tset_size(type.id, penstock_h5_variable_length())
        H5Tset_cset(type.id, H5T_CSET_UTF8)
        return type
    }

    /// Reads one text.
    /// - Parameter transfer: Reads elements of the type into the memory; negative where that fails.
    static func read(
        type: hid_t, failure: () -> FormatError, _ transfer: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) throws(FormatError) -> String {
        if H5Tis_variable_str(type) > 0 {
            var text: UnsafeMutablePointer<CChar>?
            guard withUnsafeMutablePointer(to: &text, { transfer(type, $0) }) >= 0 else { throw failure() }
            defer { H5free_memory(text) }
            return text.map { String(cString: $0) } ?? ""
        }
        var bytes = [UInt8](repeating: 0, count: max(1, H5Tget_size(type)))
        guard bytes.withUnsafeMutableBytes({ transfer(type, $0.baseAddress!) }) >= 0 else { throw failure() }
        var text = bytes.prefix { $0 != 0 }
        if H5Tget_strpad(type) == H5T_STR_SPACEPAD { while text.last == 0x20 { text.removeLast() } }
        return String(decoding: text, as: UTF8.self)
    }

    /// Calls `transfer` with the memory of a variable-length text.
    static func write(_ text: String, _ transfer: (UnsafeRawPointer) -> herr_t) -> herr_t {
        text.withCString { characters in withUnsafePointer(to: characters) { transfer($0) } }
    }
}
