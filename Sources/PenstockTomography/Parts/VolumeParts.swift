internal import PenstockEvents
public import PenstockFormats

/// The volumes of all parts of a scan, to be put together: the bytes are those of the volume that one process makes.
public struct VolumeParts: Sendable {
    /// The attribute of `/process/reconstruction` that says which part a volume is, such as `1/2`.
    public static let attribute = "part"

    /// The number of slices of all parts.
    public let sliceCount: Int
    private let paths: [String]
    private let size: Int
    private let origin: [String: String]

    /// Looks at the volumes, in any order.
    /// - Throws: `FormatError` for files that cannot be read; `TomographyError.partsDoNotFit` where one is no part, comes twice, is missing, or
    ///   was made in another way.
    public init(_ paths: [String]) throws {
        var found: [(part: DetectorPart, path: String)] = []
        var slices = 0
        var first: (path: String, shape: [Int], origin: [String: String])?
        for path in paths {
            let file = try HDF5File(opening: path)
            let shape = try file.dataset(PendingHDF5Volume.dataset).shape
            var origin = try Self.origin(of: file)
            guard shape.count == 3,
                let part = origin.removeValue(forKey: Self.attribute).flatMap(DetectorPart.init(argument:))
            else {
                throw TomographyError.partsDoNotFit(
                    path: path, reason: "is a volume, but not that of a part of a scan",
                    hint: "parts are made by run or replay with --part 1/2 and so on")
            }
            if let first {
                try Self.check(path, shape, origin, like: first)
            } else {
                first = (path, shape, origin)
            }
            if let same = found.first(where: { $0.part.number == part.number || $0.part.count != part.count }) {
                throw TomographyError.partsDoNotFit(
                    path: path, reason: "is part \(part), and \(same.path) is part \(same.part)",
                    hint: "give each part of one division once")
            }
            found.append((part, path))
            slices += shape[0]
        }
        guard let first, let count = found.first?.part.count, found.count == count else {
            let missing = Set(1...(found.first?.part.count ?? 1)).subtracting(found.map(\.part.number)).sorted()
            throw TomographyError.partsDoNotFit(
                path: paths.first ?? "", reason: "of \(found.first?.part.count ?? 0) parts there are \(found.count)",
                hint: "give also part " + missing.map { "\($0)" }.joined(separator: ", "))
        }
        self.paths = found.sorted { $0.part.number < $1.part.number }.map(\.path)
        sliceCount = slices
        size = first.shape[1]
        origin = first.origin
    }

    /// Writes the whole as an HDF5 file.
    /// - Throws: `FormatError`; the file appears complete or not at all.
    public func assembleHDF5(_ path: String, overwrite: Bool = false) throws(FormatError) {
        try assemble(PendingHDF5Volume(try PendingFile(path, overwrites: overwrite)))
    }

    /// Writes the whole as a Zarr group.
    /// - Throws: `FormatError`; the folder appears complete or not at all.
    public func assembleZarr(
        _ path: String, format: ZarrFormat = .v2, codec: ZarrCodec = .zstd, overwrite: Bool = false
    ) throws(FormatError) {
        try assemble(PendingZarrVolume(try PendingFolder(path, overwrites: overwrite), format, codec))
    }

    private func assemble(_ volume: some PendingVolume) throws(FormatError) {
        do throws(FormatError) {
            try volume.create(shape: [sliceCount, size, size], origin: origin)
            var next = 0
            for path in paths {
                let dataset = try HDF5File(opening: path).dataset(PendingHDF5Volume.dataset)
                for slice in 0..<dataset.shape[0] {
                    let pixels = try Payload(byteCount: 4 * size * size) { (bytes) throws(FormatError) in
                        try dataset.read(leading: slice..<slice + 1, into: bytes.bindMemory(to: Float.self))
                    }
                    try pixels.withValues(of: Float.self) { (pixels) throws(FormatError) in
                        try volume.write(slice: next, pixels)
                    }
                    next += 1
                }
            }
            try volume.commit()
        } catch {
            volume.discard()
            throw error
        }
    }

    /// How a volume was made.
    private static func origin(of file: borrowing HDF5File) throws(FormatError) -> [String: String] {
        guard try file.kind(of: PendingHDF5Volume.process) == .group else { return [:] }
        var origin: [String: String] = [:]
        for name in try file.attributeNames(of: PendingHDF5Volume.process) {
            if case .text(let text) = try file.attribute(name, of: PendingHDF5Volume.process) { origin[name] = text }
        }
        return origin
    }

    private static func check(
        _ path: String, _ shape: [Int], _ origin: [String: String],
        like first: (path: String, shape: [Int], origin: [String: String])
    ) throws(TomographyError) {
        if shape.dropFirst() != first.shape.dropFirst() {
            throw .partsDoNotFit(
                path: path,
                reason:
                    "has slices of \(shape[1]) x \(shape[2]) pixels, \(first.path) of \(first.shape[1]) x \(first.shape[2])",
                hint: "make all parts with the same options")
        }
        let names = Set(origin.keys).union(first.origin.keys).sorted()
        guard let other = names.first(where: { origin[$0] != first.origin[$0] }) else { return }
        throw .partsDoNotFit(
            path: path,
            reason:
                "was made with \(other) \(origin[other] ?? "unknown"), \(first.path) with \(first.origin[other] ?? "unknown")",
            hint: "make all parts of one scan with the same options")
    }
}
