internal import PenstockFormats

/// The images of a TIFF file of several pages, or of a folder of TIFF files.
final class TIFFFrames: StoredFrames {
    let pixelType: PixelType
    private var stack: TIFFStack

    /// - Throws: What `TIFFStack` throws.
    init(_ path: String) throws(FormatError) {
        let stack = try TIFFStack(opening: path)
        pixelType = try PixelType(reading: stack.elementType, file: path, object: nil)
        self.stack = stack
    }

    /// The images of a folder that is still filled, of which one is there.
    /// - Throws: What `TIFFStack` throws.
    init(_ first: String, in folder: String) throws(FormatError) {
        let stack = try TIFFStack(opening: first, in: folder)
        pixelType = try PixelType(reading: stack.elementType, file: folder, object: nil)
        self.stack = stack
    }

    /// Adds the next image of a folder.
    func append(_ file: String) { stack.append(file) }

    var file: String { stack.path }
    var object: String? { nil }
    var count: Int { stack.count }
    var rows: Int { stack.rows }
    var columns: Int { stack.columns }
    /// The files that hold them, in their order.
    var files: [String] { stack.files }

    func read(
        _ range: Range<Int>, rows wanted: Range<Int>, into bytes: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        let partBytes = wanted.count * rowBytes
        for (place, number) in range.enumerated() {
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes[place * partBytes..<(place + 1) * partBytes])
            guard wanted != 0..<rows else {
                try read(number, into: part)
                continue
            }
            let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: rows * rowBytes, alignment: 64)
            defer { frame.deallocate() }
            try read(number, into: frame)
            part.copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: frame[wanted.lowerBound * rowBytes..<wanted.upperBound * rowBytes]))
        }
    }

    private func read(_ number: Int, into frame: UnsafeMutableRawBufferPointer) throws(FormatError) {
        if stack.elementType.rawValue == "\(pixelType)" {
            try stack.readNative(number, into: frame)
        } else {
            try stack.read(number, into: frame.bindMemory(to: Float.self))
        }
    }
}
