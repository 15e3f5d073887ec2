internal import CHDF5

/// The compression filters of a dataset.
enum HDF5Filters {
    /// Names of registered filters; files store other ones, with versions and addresses in them. Source: The HDF Group, registered filter plugins.
    private static let registered: [Int32: String] = [
        1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset",
        305: "lzo", 307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle",
        32013: "zfp", 32015: "zstd", 32017: "sz", 32026: "blosc2",
    ]

    /// Checks that all filters of the dataset can be undone by the library that is installed.
    /// - Throws: `unsupportedFilter`, with the filter's name.
    static func check(_ dataset: hid_t, file: String, object: String) throws(FormatError) {
        let list = try HDF5Identifier(H5Dget_create_plist(dataset), H5Pclose) {
            HDF5Failure.last().error(.readFailed, .reading, file: file, object: object)
        }
        for index in 0..<max(0, H5Pget_nfilters(list.id)) {
            var flags: UInt32 = 0
            var valueCount = 0
            var configuration: UInt32 = 0
            var text = [CChar](repeating: 0, count: 256)
            let filter = H5Pget_filter2(
                list.id, UInt32(index), &flags, &valueCount, nil, text.count - 1, &text, &configuration)
            guard filter >= 0, H5Zfilter_avail(filter) <= 0 else { continue }
            let stored = String(
                decoding: text.prefix { $0 != 0 && $0 != 59 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let name = registered[filter] ?? (stored.isEmpty ? "without a name" : stored)
            throw FormatError(
                .unsupportedFilter, file: file, object: object,
                "is compressed by the filter \(name) (number \(filter)), which is not installed",
                hint:
                    "install the plugin (hdf5-plugins of your distribution, or `pip install hdf5plugin`) and set HDF5_PLUGIN_PATH "
                    + "to the folder that holds it")
        }
    }
}
