internal import CHDF5

/// The value of an attribute.
public enum HDF5AttributeValue: Sendable, Hashable {
    /// A text.
    case text(String)
    /// One or more floating-point numbers; one is written as a single value.
    case numbers([Double])
    /// One or more integers; one is written as a single value.
    case integers([Int64])
}

extension HDF5AttributeValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// One number.
    public init(floatLiteral value: Double) { self = .numbers([value]) }
    /// One integer.
    public init(integerLiteral value: Int64) { self = .integers([value]) }
}

extension HDF5File {
    /// Reads an attribute of a group or dataset; nil where the object has none of that name.
    /// - Throws: `missingDataset` where there is no such object; `wrongType`, `wrongShape`, `readFailed`.
    public func attribute(_ name: String, of object: String) throws(FormatError) -> HDF5AttributeValue? {
        try HDF5Library.locked { () throws(FormatError) in
            let file = try handle.identifier()
            guard try kindLocked(of: object) != nil else { throw try missing(object) }
            let label = "attribute \(name) of \(object)"
            let failure = { [path] in HDF5Failure.last().error(.readFailed, .reading, file: path, object: label) }
            let defaults = penstock_h5_default_properties()
            guard H5Aexists_by_name(file, object, name, defaults) > 0 else { return nil }
            let attribute = try HDF5Identifier(
                H5Aopen_by_name(file, object, name, defaults, defaults), H5Aclose, orThrow: failure)
            return try value(of: attribute.id, label: label, failure)
        }
    }

    /// The names of the attributes of a group or dataset, sorted by their bytes.
    /// - Throws: `missingDataset` where there is no such object; `readFailed`.
    public func attributeNames(of object: String) throws(FormatError) -> [String] {
        try HDF5Library.locked { () throws(FormatError) in
            let file = try handle.identifier()
            guard try kindLocked(of: object) != nil else { throw try missing(object) }
            var names: [String] = []
            var position: hsize_t = 0
            let status = withUnsafeMutablePointer(to: &names) { place in
                H5Aiterate_by_name(
                    file, object, H5_INDEX_NAME, H5_ITER_INC, &position,
                    { _, name, _, place in
                        if let name {
                            place?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
                        }
                        return 0
                    }, place, penstock_h5_default_properties())
            }
            guard status >= 0 else {
                throw HDF5Failure.last().error(.readFailed, .reading, file: path, object: object)
            }
            return names
        }
    }

    /// Gives a group or dataset an attribute, in place of one of the same name.
    /// - Throws: `missingDataset` where there is no such object; `diskFull`, `writeFailed`.
    public func setAttribute(
        _ name: String, of object: String, to value: HDF5AttributeValue
    ) throws(FormatError) {
        try HDF5Library.locked { () throws(FormatError) in
            let file = try handle.identifier()
            precondition(handle.isWritable, "\(path) is open for reading only")
            guard try kindLocked(of: object) != nil else { throw try missing(object) }
            let defaults = penstock_h5_default_properties()
            if H5Aexists_by_name(file, object, name, defaults) > 0 { H5Adelete_by_name(file, object, name, defaults) }
            let label = "attribute \(name) of \(object)"
            let failure = { [path] in HDF5Failure.last().error(.writeFailed, .writing, file: path, object: label) }

            func write(_ type: hid_t, count: Int, _ transfer: (hid_t) -> herr_t) throws(FormatError) {
                let extent = [hsize_t(count)]
                let space = try HDF5Identifier(
                    count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, extent, nil), H5Sclose, orThrow: failure)
                let attribute = try HDF5Identifier(
                    H5Acreate_by_name(file, object, name, type, space.id, defaults, defaults, defaults), H5Aclose,
                    orThrow: failure)
                guard transfer(attribute.id) >= 0 else { throw failure() }
            }

            switch value {
            case .text(let text):
                let type = try HDF5Text.fileType(failure)
                try write(type.id, count: 1) { id in HDF5Text.write(text) { H5Awrite(id, type.id, $0) } }
            case .numbers(let numbers):
                try write(ElementType.f64.inFile, count: numbers.count) {
                    H5Awrite($0, ElementType.f64.inMemory, numbers)
                }
            case .integers(let integers):
                try write(ElementType.i64.inFile, count: integers.count) {
                    H5Awrite($0, ElementType.i64.inMemory, integers)
                }
            }
        }
    }

    private func value(
        of attribute: hid_t, label: String, _ failure: () -> FormatError
    ) throws(FormatError) -> HDF5AttributeValue {
        let type = try HDF5Identifier(H5Aget_type(attribute), H5Tclose, orThrow: failure)
        let space = try HDF5Identifier(H5Aget_space(attribute), H5Sclose, orThrow: failure)
        let count = try hdf5Shape(space.id, file: path, object: label).reduce(1, *)
        if H5Tget_class(type.id) == H5T_STRING {
            guard count == 1 else {
                throw FormatError(.wrongShape, file: path, object: label, "has \(count) texts, not one")
            }
            return .text(
                try HDF5Text.read(type: type.id, failure: failure) { type, memory in H5Aread(attribute, type, memory) })
        }
        switch ElementType(hdf5: type.id) {
        case nil:
            throw FormatError(.wrongType, file: path, object: label, "holds \(hdf5TypeName(type.id))")
        case .f32, .f64:
            var numbers = [Double](repeating: 0, count: count)
            guard H5Aread(attribute, ElementType.f64.inMemory, &numbers) >= 0 else { throw failure() }
            return .numbers(numbers)
        default:
            var integers = [Int64](repeating: 0, count: count)
            guard H5Aread(attribute, ElementType.i64.inMemory, &integers) >= 0 else { throw failure() }
            return .integers(integers)
        }
    }
}
