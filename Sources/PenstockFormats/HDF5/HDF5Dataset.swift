internal import CHDF5

/// An open dataset of numbers. It keeps its file open; `HDF5File.close` ends the use of both.
///
/// Reads and writes go between the caller's memory and the library without a copy of ours. Where the types are the same
/// and the layout is contiguous, the library copies nothing either.
public struct HDF5Dataset: ~Copyable, Sendable {
    /// The path inside the file.
    public let name: String
    /// The extents, slowest axis first; empty for a single value.
    public private(set) var shape: [Int]
    /// The type of the elements in the file, whatever its byte order.
    public let elementType: ElementType

    private let id: hid_t
    private let file: HDF5FileHandle

    /// Takes ownership of `id`. Called outside of the lock, since an error here ends a life that takes the lock.
    init(_ id: hid_t, name: String, shape: [Int], elementType: ElementType, file: HDF5FileHandle) {
        self.id = id
        self.name = name
        self.shape = shape
        self.elementType = elementType
        self.file = file
    }

    deinit {
        // The end of the file handle takes the lock: it must not come inside.
        defer { withExtendedLifetime(file) {} }
        try? HDF5Library.locked { () throws(FormatError) in
            if file.isOpen, H5Dclose(id) < 0 {
                // Kept for `HDF5File.close`, which throws it.
                file.abandon(HDF5Failure.last().error(.writeFailed, .writing, file: file.path, object: name))
            }
        }
    }

    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }

    /// Reads a box into `buffer`, in the order of the axes, converted to `Element` by the library: numbers out of range
    /// are clamped, fractions cut.
    /// - Precondition: `buffer` has as many elements as the box.
    /// - Throws: `wrongShape` where the box leaves the dataset; `truncated`, `readFailed`.
    public func read<Element: FormatElement>(
        _ slab: Hyperslab, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(FormatError) {
        try read(slab, as: Element.elementType, into: UnsafeMutableRawBufferPointer(buffer))
    }

    /// Reads the indices `range` of the first axis into `buffer`; otherwise as `read(_:into:)` of a box.
    public func read<Element: FormatElement>(
        leading range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(FormatError) {
        try read(Hyperslab(leading: range, of: shape), into: buffer)
    }

    /// Reads a box as `elementType` in the machine's byte order, with no conversion.
    /// - Precondition: `buffer` has as many bytes as the box.
    /// - Throws: As `read(_:into:)`.
    public func readNative(_ slab: Hyperslab, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
        try read(slab, as: elementType, into: buffer)
    }

    /// Looks at the extents once more, in a file that another program still writes.
    /// - Throws: `readFailed`, `truncated`; `wrongShape` where the number of axes has changed.
    public mutating func refresh() throws(FormatError) {
        shape = try HDF5Library.locked { () throws(FormatError) in
            _ = try file.identifier()
            let failure = { [file, name] in
                HDF5Failure.last().error(.readFailed, .reading, file: file.path, object: name)
            }
            guard H5Drefresh(id) >= 0 else { throw failure() }
            let space = try HDF5Identifier(H5Dget_space(id), H5Sclose, orThrow: failure)
            let extents = try hdf5Shape(space.id, file: file.path, object: name)
            guard extents.count == shape.count else {
                throw FormatError(.wrongShape, file: file.path, object: name, "has another number of axes than before")
            }
            return extents
        }
    }

    /// Whether the dataset has an attribute of this name whose number is not 0; false where it is not there or no number.
    /// - Throws: `readFailed`.
    public func hasMark(_ attribute: String) throws(FormatError) -> Bool {
        try HDF5Library.locked { () throws(FormatError) in
            _ = try file.identifier()
            guard H5Aexists(id, attribute) > 0 else { return false }
            let failure = { [file, name] in
                HDF5Failure.last().error(
                    .readFailed, .reading, file: file.path, object: "attribute \(attribute) of \(name)")
            }
            let opened = try HDF5Identifier(
                H5Aopen(id, attribute, penstock_h5_default_properties()), H5Aclose, orThrow: failure)
            let space = try HDF5Identifier(H5Aget_space(opened.id), H5Sclose, orThrow: failure)
            let type = try HDF5Identifier(H5Aget_type(opened.id), H5Tclose, orThrow: failure)
            // h5py writes true as an enumeration of two bytes' values.
            guard H5Sget_simple_extent_npoints(space.id) == 1, H5Tget_size(type.id) <= 8,
                [H5T_INTEGER, H5T_ENUM].contains(H5Tget_class(type.id))
            else { return false }
            var bytes: UInt64 = 0
            guard H5Aread(opened.id, type.id, &bytes) >= 0 else { throw failure() }
            return bytes != 0
        }
    }

    /// All elements, converted to `Element`.
    /// - Throws: `truncated`, `readFailed`.
    public func readAll<Element: FormatElement>(as type: Element.Type = Element.self) throws(FormatError) -> [Element] {
        var elements = [Element](repeating: .zero, count: elementCount)
        var failure: FormatError?
        elements.withUnsafeMutableBufferPointer { buffer in
            do throws(FormatError) { try read(whole, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return elements
    }

    /// Writes `buffer` into a box, converted to the type of the dataset by the library.
    /// - Precondition: `buffer` has as many elements as the box.
    /// - Throws: `wrongShape` where the box leaves the dataset; `diskFull`, `writeFailed`, after which the file is
    ///   lost.
    public func write<Element: FormatElement>(
        _ slab: Hyperslab, from buffer: UnsafeBufferPointer<Element>
    ) throws(FormatError) {
        try write(slab, as: Element.elementType, from: UnsafeRawBufferPointer(buffer))
    }

    /// Writes the indices `range` of the first axis; otherwise as `write(_:from:)` of a box.
    public func write<Element: FormatElement>(
        leading range: Range<Int>, from buffer: UnsafeBufferPointer<Element>
    ) throws(FormatError) {
        try write(Hyperslab(leading: range, of: shape), from: buffer)
    }

    /// Writes a box from bytes that are `elementType` in the machine's byte order.
    /// - Precondition: `buffer` has as many bytes as the box.
    /// - Throws: As `write(_:from:)`.
    public func writeNative(_ slab: Hyperslab, from buffer: UnsafeRawBufferPointer) throws(FormatError) {
        try write(slab, as: elementType, from: buffer)
    }

    /// Writes all elements.
    /// - Precondition: `elements` has as many elements as the dataset.
    /// - Throws: `diskFull`, `writeFailed`.
    public func writeAll(_ elements: [some FormatElement]) throws(FormatError) {
        var failure: FormatError?
        elements.withUnsafeBufferPointer { buffer in
            do throws(FormatError) { try write(whole, from: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private var whole: Hyperslab { Hyperslab(offset: shape.map { _ in 0 }, count: shape) }

    private func read(
        _ slab: Hyperslab, as type: ElementType, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        try check(slab, bytes: buffer.count, type)
        guard let memory = buffer.baseAddress, buffer.count > 0 else { return }
        try HDF5Library.locked { () throws(FormatError) in
            _ = try file.identifier()
            let spaces = try spaces(of: slab)
            let defaults = penstock_h5_default_properties()
            if H5Dread(id, type.inMemory, spaces.inMemory.id, spaces.inFile.id, defaults, memory) < 0 {
                throw HDF5Failure.last().error(.readFailed, .reading, file: file.path, object: name)
            }
        }
    }

    private func write(
        _ slab: Hyperslab, as type: ElementType, from buffer: UnsafeRawBufferPointer
    ) throws(FormatError) {
        precondition(file.isWritable, "\(file.path) is open for reading only")
        try check(slab, bytes: buffer.count, type)
        guard let memory = buffer.baseAddress, buffer.count > 0 else { return }
        try HDF5Library.locked { () throws(FormatError) in
            _ = try file.identifier()
            let spaces = try spaces(of: slab)
            let defaults = penstock_h5_default_properties()
            if H5Dwrite(id, type.inMemory, spaces.inMemory.id, spaces.inFile.id, defaults, memory) < 0 {
                let failure = HDF5Failure.last().error(.writeFailed, .writing, file: file.path, object: name)
                file.abandon(failure)
                throw failure
            }
        }
    }

    private func check(_ slab: Hyperslab, bytes: Int, _ type: ElementType) throws(FormatError) {
        guard slab.fits(shape) else {
            throw FormatError(
                .wrongShape, file: file.path, object: name,
                "the box at \(slab.offset) of \(slab.count) elements is not inside the shape \(shape)")
        }
        precondition(bytes == slab.elementCount * type.byteCount, "the memory is not of the size of the box")
    }

    private func spaces(of slab: Hyperslab) throws(FormatError) -> HDF5SpacePair {
        let failure = { [file, name] in HDF5Failure.last().error(.readFailed, .reading, file: file.path, object: name) }
        let inFile = try HDF5Identifier(H5Dget_space(id), H5Sclose, orThrow: failure)
        let counts = slab.count.map { hsize_t($0) }
        if !counts.isEmpty {
            H5Sselect_hyperslab(inFile.id, H5S_SELECT_SET, slab.offset.map { hsize_t($0) }, nil, counts, nil)
        }
        let inMemory = try HDF5Identifier(
            H5Screate_simple(Int32(counts.count), counts, nil), H5Sclose, orThrow: failure)
        return HDF5SpacePair(inMemory: inMemory, inFile: inFile)
    }
}

/// The two selections of one transfer.
private struct HDF5SpacePair: ~Copyable {
    let inMemory: HDF5Identifier
    let inFile: HDF5Identifier
}
