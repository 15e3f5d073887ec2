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

    var file: String { stack.path }
    var object: String? { nil }
    var count: Int { stack.count }
    var rows: Int { stack.rows }
    var columns: Int { stack.columns }
    /// The files that hold them, in their order.
    var files: [String] { stack.files }

    func read(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(FormatError) {
        for (place, number) in range.enumerated() {
            let frame = UnsafeMutableRawBufferPointer(rebasing: bytes[place * frameBytes..<(place + 1) * frameBytes])
            if stack.elementType.rawValue == "\(pixelType)" {
                try stack.readNative(number, into: frame)
            } else {
                try stack.read(number, into: frame.bindMemory(to: Float.self))
            }
        }
    }
}
