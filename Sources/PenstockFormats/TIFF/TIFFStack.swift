#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Images of one shape and type: the pages of one TIFF file, or the TIFF files of a folder in the natural order of their names.
///
/// Of a folder, the files that end in `.tif` or `.tiff` count, hidden ones apart; others may lie there. Their names may differ in numbers only:
/// projections and flats in one folder would else become one stack. Each file of a folder is opened when its image is read.
public struct TIFFStack: ~Copyable {
    /// The path as it was given.
    public let path: String
    /// The files in their order: one for each image, or one for all.
    public private(set) var files: [String]
    /// The number of images.
    public private(set) var count: Int
    /// The number of rows of each.
    public let rows: Int
    /// The number of columns of each.
    public let columns: Int
    /// The type of the stored numbers, as `TIFFImage` has it.
    public let elementType: ElementType

    /// The image that was read last.
    private var image: TIFFImage
    private var current = 0

    /// Opens a file or a folder, and looks at its first image.
    /// - Throws: `notFound`, `notReadable`; `wrongFormat` for a file that is no TIFF, a folder without any, or one with several series;
    ///   what `TIFFImage` throws.
    public init(opening path: String) throws(FormatError) {
        let isFolder = try FileKind(of: path) == .folder
        let files = isFolder ? try Self.series(in: path) : [path]
        let pages = try TIFFFile.pageCount(files[0])
        if isFolder, files.count > 1, pages > 1 {
            throw FormatError(
                .wrongShape, file: files[0], "has \(pages) pages, but in a folder every file is one image",
                hint: "name the file instead of its folder, or keep files of one page each in the folder")
        }
        let image = try TIFFImage(opening: files[0])
        (rows, columns, elementType) = (image.rows, image.columns, image.elementType)
        count = files.count > 1 ? files.count : pages
        self.path = path
        self.files = files
        self.image = image
    }

    /// Begins with the first image of a folder that another program still fills; `append` adds the others.
    /// - Parameter folder: The path for messages.
    /// - Throws: As opening a folder.
    public init(opening first: String, in folder: String) throws(FormatError) {
        let pages = try TIFFFile.pageCount(first)
        guard pages == 1 else {
            throw FormatError(
                .wrongShape, file: first, "has \(pages) pages, but in a folder every file is one image",
                hint: "keep files of one page each in the folder")
        }
        let image = try TIFFImage(opening: first)
        (rows, columns, elementType) = (image.rows, image.columns, image.elementType)
        count = 1
        path = folder
        files = [first]
        self.image = image
    }

    /// Adds an image behind the last one; it is looked at when it is read.
    public mutating func append(_ file: String) {
        files.append(file)
        count += 1
    }

    /// The file and, where it has several, the page of an image, for messages.
    public func name(of index: Int) -> (file: String, page: String?) {
        files.count > 1 ? (files[index], nil) : (files[0], count > 1 ? "page \(index)" : nil)
    }

    /// Reads an image in its own type, in the machine's byte order.
    /// - Precondition: `index` is in `0..<count`, and `bytes` has the size of an image.
    /// - Throws: `wrongShape` and `wrongType` for an image that differs from the first; `notFound`, `truncated`, `readFailed`.
    public mutating func readNative(
        _ index: Int, into bytes: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        try open(index)
        try image.readNative(into: bytes)
    }

    /// Reads an image as 32-bit floating-point numbers; integers above 2^24 are rounded.
    /// - Precondition: `index` is in `0..<count`, and `pixels` has the size of an image.
    /// - Throws: As `readNative`.
    public mutating func read(_ index: Int, into pixels: UnsafeMutableBufferPointer<Float>) throws(FormatError) {
        try open(index)
        try image.read(into: pixels)
    }

    private mutating func open(_ index: Int) throws(FormatError) {
        precondition((0..<count).contains(index), "there is no image \(index)")
        if files.count == 1 {
            try image.turn(to: index)
        } else if index != current {
            image = try TIFFImage(opening: files[index])
        }
        current = index
        try check(index)
    }

    private func check(_ index: Int) throws(FormatError) {
        let (file, page) = name(of: index)
        guard image.rows == rows, image.columns == columns else {
            throw FormatError(
                .wrongShape, file: file, object: page,
                "is \(image.rows) x \(image.columns) pixels, but the first image of \(path) is \(rows) x \(columns)",
                hint: "all images of a stack come from the same region of the detector")
        }
        guard image.elementType == elementType else {
            throw FormatError(
                .wrongType, file: file, object: page,
                "pixels are \(image.elementType), but in the first image of \(path) they are \(elementType)",
                hint: "convert the images to one type")
        }
    }

    private static func series(in folder: String) throws(FormatError) -> [String] {
        let files = try files(in: folder)
        guard !files.isEmpty else {
            throw FormatError(
                .wrongFormat, file: folder, "the folder holds no TIFF files",
                hint: "name the folder of the images themselves, whose names end in .tif or .tiff")
        }
        return files
    }

    /// The TIFF files of a folder in the natural order of their names; none where it holds none.
    /// - Throws: `notFound`, `notReadable`; `wrongFormat` for several series.
    public static func files(in folder: String) throws(FormatError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemFailure.last.error(.opening, file: folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let lower = name.lowercased()
            if !name.hasPrefix("."), lower.hasSuffix(".tif") || lower.hasSuffix(".tiff") { names.append(name) }
        }
        guard !names.isEmpty else { return [] }
        names.sort(by: NaturalOrder.precedes)
        let series = Set(names.map { NaturalOrder.series($0) }).sorted()
        guard series.count == 1 else {
            throw FormatError(
                .wrongFormat, file: folder,
                "the folder holds several series of images: \(series.prefix(4).joined(separator: ", "))"
                    + (series.count > 4 ? ", …" : ""),
                hint: "keep projections, flats and darks in folders of their own, or name a file of several pages")
        }
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        return names.map { prefix + $0 }
    }
}
