internal import CHDF5

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The files that a virtual dataset takes its elements from. The library reads zeros in place of those that are not there.
enum HDF5VirtualSources {
    /// Checks that the files of a virtual dataset are there: those beside it, where their names are not absolute. Names with a block number
    /// (`%b`) are not looked at.
    /// - Throws: `notFound`, with the name of the first that is missing.
    static func check(_ dataset: hid_t, file: String, object: String) throws(FormatError) {
        let failure = { HDF5Failure.last().error(.readFailed, .reading, file: file, object: object) }
        let list = try HDF5Identifier(H5Dget_create_plist(dataset), H5Pclose, orThrow: failure)
        guard H5Pget_layout(list.id) == H5D_VIRTUAL else { return }
        var count = 0
        guard H5Pget_virtual_count(list.id, &count) >= 0 else { throw failure() }
        let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
        for index in 0..<count {
            let length = H5Pget_virtual_filename(list.id, index, nil, 0)
            guard length >= 0 else { throw failure() }
            var text = [CChar](repeating: 0, count: Int(length) + 1)
            guard H5Pget_virtual_filename(list.id, index, &text, text.count) >= 0 else { throw failure() }
            let name = String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard name != ".", !name.contains("%") else { continue }
            let places = name.hasPrefix("/") ? [name] : [folder + name, name]
            guard !places.contains(where: { access($0, F_OK) == 0 }) else { continue }
            throw FormatError(
                .notFound, file: file, object: object, "takes its elements from \(name), which is not there",
                hint: "keep the files of a virtual dataset where they were when it was made; `h5ls -v FILE` lists them")
        }
    }
}
