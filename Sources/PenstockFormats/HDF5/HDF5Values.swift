internal import CHDF5

extension HDF5File {
    /// Reads a dataset of one text.
    /// - Throws: `missingDataset`; `wrongType` where it is no text; `wrongShape` where it is not one; `readFailed`.
    public func readString(_ name: String) throws(FormatError) -> String {
        try HDF5Library.locked { () throws(FormatError) in
            let failure = { [path] in HDF5Failure.last().error(.readFailed, .reading, file: path, object: name) }
            let id = try openDatasetLocked(name)
            defer { H5Dclose(id) }
            let type = try HDF5Identifier(H5Dget_type(id), H5Tclose, orThrow: failure)
            guard H5Tget_class(type.id) == H5T_STRING else {
                throw FormatError(.wrongType, file: path, object: name, "holds \(hdf5TypeName(type.id)), not text")
            }
            let space = try HDF5Identifier(H5Dget_space(id), H5Sclose, orThrow: failure)
            guard H5Sget_simple_extent_npoints(space.id) == 1 else {
                throw FormatError(.wrongShape, file: path, object: name, "is not a single text")
            }
            return try HDF5Text.read(type: type.id, failure: failure) { type, memory in
                H5Dread(id, type, 0, 0, penstock_h5_default_properties(), memory)
            }
        }
    }

    /// Reads a dataset of one number, in whatever rank.
    /// - Throws: `missingDataset`, `wrongType`, `wrongShape` where it is not one number, `readFailed`.
    public func readDouble(_ name: String) throws(FormatError) -> Double {
        let dataset = try dataset(name)
        guard dataset.elementCount == 1 else {
            throw FormatError(.wrongShape, file: path, object: name, "has the shape \(dataset.shape), not one number")
        }
        return try dataset.readAll(as: Double.self)[0]
    }

    /// Reads a dataset of rank 1.
    /// - Throws: `missingDataset`, `wrongType`, `wrongShape` where it has another rank, `readFailed`.
    public func readVector<Element: FormatElement>(
        _ name: String, as type: Element.Type = Element.self
    ) throws(FormatError) -> [Element] {
        let dataset = try dataset(name)
        guard dataset.shape.count == 1 else {
            throw FormatError(.wrongShape, file: path, object: name, "has the shape \(dataset.shape), not one axis")
        }
        return try dataset.readAll(as: type)
    }

    /// Makes a dataset of one text.
    /// - Throws: `exists`, `diskFull`, `writeFailed`.
    public func write(_ text: String, to name: String) throws(FormatError) {
        try HDF5Library.locked { () throws(FormatError) in
            let failure = { [path] in HDF5Failure.last().error(.writeFailed, .writing, file: path, object: name) }
            let type = try HDF5Text.fileType(failure)
            let space = try HDF5Identifier(H5Screate(H5S_SCALAR), H5Sclose, orThrow: failure)
            let id = try createDatasetLocked(name, type: type.id, space: space.id, storage: .contiguous)
            defer { H5Dclose(id) }
            let defaults = penstock_h5_default_properties()
            guard HDF5Text.write(text, { H5Dwrite(id, type.id, 0, 0, defaults, $0) }) >= 0 else {
                let failure = failure()
                handle.abandon(failure)
                throw failure
            }
        }
    }

    /// Makes a dataset of one number.
    /// - Throws: `exists`, `diskFull`, `writeFailed`.
    public func write<Element: FormatElement>(_ number: Element, to name: String) throws(FormatError) {
        try createDataset(name, shape: [], of: Element.elementType).writeAll([number])
    }

    /// Makes a dataset of rank 1.
    /// - Throws: `exists`, `diskFull`, `writeFailed`.
    public func write<Element: FormatElement>(_ numbers: [Element], to name: String) throws(FormatError) {
        try createDataset(name, shape: [numbers.count], of: Element.elementType).writeAll(numbers)
    }
}
