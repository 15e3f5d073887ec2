/// Writes a Zarr group: a folder of arrays, and what is said about all of them.
enum ZarrGroup {
    /// Describes a folder that exists as a group.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    static func describe(
        _ folder: String, format: ZarrFormat, attributes: [(String, JSONValue)]
    ) throws(FormatError) {
        let metadata = "\(folder)/\(format.metadataName(ofArray: false))"
        switch format {
        case .v2:
            try write(.object([("zarr_format", 2)]), to: metadata)
            try write(.object(attributes), to: "\(folder)/.zattrs")
        case .v3:
            try write(
                .object([("zarr_format", 3), ("node_type", "group"), ("attributes", .object(attributes))]), to: metadata
            )
        }
    }

    /// Makes a file with a document.
    static func write(_ document: JSONValue, to path: String) throws(FormatError) {
        try FileDescriptor(creating: path).write(Array(document.document.utf8))
    }
}
