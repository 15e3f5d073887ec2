internal import CHDF5

/// The kind of an object in an HDF5 file.
public enum HDF5ObjectKind: Sendable, Hashable {
    /// A folder of other objects.
    case group
    /// An array of elements, or a single one.
    case dataset
}

extension HDF5File {
    /// What is at `object`; nil where there is nothing, a link leads nowhere, or it is neither group nor dataset.
    public func kind(of object: String) throws(FormatError) -> HDF5ObjectKind? {
        try HDF5Library.locked { () throws(FormatError) in try kindLocked(of: object) }
    }

    /// The names in a group, sorted by their bytes.
    /// - Throws: `missingDataset` where there is no such group.
    public func children(of group: String = "/") throws(FormatError) -> [String] {
        try HDF5Library.locked { () throws(FormatError) in
            guard try kindLocked(of: group) == .group else {
                throw FormatError(.missingDataset, file: path, object: group, "there is no such group")
            }
            return try childrenLocked(of: group)
        }
    }

    /// Makes a group and those above it; one that exists stays as it is.
    /// - Throws: `cannotCreate`, `diskFull` or `writeFailed`.
    public func createGroup(_ group: String) throws(FormatError) {
        try HDF5Library.locked { () throws(FormatError) in
            let file = try handle.identifier()
            if try kindLocked(of: group) == .group { return }
            let link = try HDF5File.intermediateGroups(path)
            let creation = try HDF5File.properties(penstock_h5_group_create(), path)
            H5Pset_obj_track_times(creation.id, false)
            let id = H5Gcreate2(file, group, link.id, creation.id, penstock_h5_default_properties())
            guard id >= 0 else {
                throw HDF5Failure.last().error(.cannotCreate, .writing, file: path, object: group)
            }
            H5Gclose(id)
        }
    }

    /// Link properties that make missing groups on the way.
    static func intermediateGroups(_ path: String) throws(FormatError) -> HDF5Identifier {
        let link = try properties(penstock_h5_link_create(), path)
        H5Pset_create_intermediate_group(link.id, 1)
        return link
    }

    func kindLocked(of object: String) throws(FormatError) -> HDF5ObjectKind? {
        let file = try handle.identifier()
        let defaults = penstock_h5_default_properties()
        var prefix = ""
        for part in object.split(separator: "/") {
            prefix += "/" + part
            guard H5Lexists(file, prefix, defaults) > 0, H5Oexists_by_name(file, prefix, defaults) > 0 else {
                return nil
            }
        }
        let id = H5Oopen(file, prefix.isEmpty ? "/" : prefix, defaults)
        guard id >= 0 else { throw HDF5Failure.last().error(.readFailed, .reading, file: path, object: object) }
        defer { H5Oclose(id) }
        switch H5Iget_type(id) {
        case H5I_GROUP: return .group
        case H5I_DATASET: return .dataset
        default: return nil
        }
    }

    /// The error for a dataset that is not there, with what is there instead.
    func missing(_ object: String) throws(FormatError) -> FormatError {
        if try kindLocked(of: object) == .group {
            return FormatError(
                .missingDataset, file: path, object: object, "is a group, not a dataset",
                hint: "it holds " + (try childrenLocked(of: object).prefix(8).joined(separator: ", ")))
        }
        var parent = object.split(separator: "/").dropLast()
        while !parent.isEmpty, try kindLocked(of: "/" + parent.joined(separator: "/")) != .group { parent.removeLast() }
        let group = "/" + parent.joined(separator: "/")
        let names = try childrenLocked(of: group)
        let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return FormatError(
            .missingDataset, file: path, object: object, "there is no such dataset",
            hint: names.isEmpty ? "group \(group) is empty" : "group \(group) holds \(shown)")
    }

    private func childrenLocked(of group: String) throws(FormatError) -> [String] {
        let file = try handle.identifier()
        var names: [String] = []
        var position: hsize_t = 0
        let status = withUnsafeMutablePointer(to: &names) { place in
            H5Literate_by_name(
                file, group, H5_INDEX_NAME, H5_ITER_INC, &position,
                { _, name, _, place in
                    if let name { place?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name)) }
                    return 0
                }, place, penstock_h5_default_properties())
        }
        guard status >= 0 else { throw HDF5Failure.last().error(.readFailed, .reading, file: path, object: group) }
        return names
    }
}
