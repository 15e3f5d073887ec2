internal import CTIFF

/// A number that TIFF images of one channel hold.
public protocol TIFFElement: FormatElement {}

extension UInt8: TIFFElement {}
extension UInt16: TIFFElement {}
extension Float: TIFFElement {}

/// Writes TIFF images of one channel: little-endian, uncompressed, in strips of whole rows.
public enum TIFFFile {
    /// The longest strip in bytes, 64 MiB: readers take a strip into memory whole.
    public static let stripBytesMax = 1 << 26

    /// Makes a new file of one image. The same pixels and description give the same bytes; no time is stored.
    /// - Parameter description: The text of the tag ImageDescription, ASCII; nil for no such tag.
    /// - Precondition: `pixels` has `rows * columns` elements, at least one, row by row from the top.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`; a file that was begun stays behind.
    public static func write<Element: TIFFElement>(
        _ pixels: UnsafeBufferPointer<Element>, rows: Int, columns: Int, to path: String, description: String? = nil
    ) throws(FormatError) {
        precondition(rows > 0 && columns > 0 && pixels.count == rows * columns)
        let bytes = UnsafeRawBufferPointer(pixels)
        let rowBytes = columns * Element.elementType.byteCount
        let rowsPerStrip = max(1, min(rows, stripBytesMax / rowBytes))
        // libtiff would empty a file that exists.
        _ = try FileDescriptor(creating: path)
        // A quarter of a gigabyte below the reach of 32 bits is left for tags.
        let file = try TIFFHandle(writing: path, isBig: bytes.count > 15 << 28)
        let isTagged =
            tag(file, TIFFTAG_IMAGEWIDTH, UInt32(columns)) && tag(file, TIFFTAG_IMAGELENGTH, UInt32(rows))
            && tag(file, TIFFTAG_ROWSPERSTRIP, UInt32(rowsPerStrip))
            && tag(file, TIFFTAG_SAMPLESPERPIXEL, UInt16(1))
            && tag(file, TIFFTAG_BITSPERSAMPLE, UInt16(8 * Element.elementType.byteCount))
            && tag(
                file, TIFFTAG_SAMPLEFORMAT,
                UInt16(Element.elementType == .f32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT))
            && tag(file, TIFFTAG_COMPRESSION, UInt16(COMPRESSION_NONE))
            && tag(file, TIFFTAG_PHOTOMETRIC, UInt16(PHOTOMETRIC_MINISBLACK))
            && tag(file, TIFFTAG_PLANARCONFIG, UInt16(PLANARCONFIG_CONTIG))
            && tag(file, TIFFTAG_ORIENTATION, UInt16(ORIENTATION_TOPLEFT))
            && description.map { penstock_tiff_set_text(file.tiff, UInt32(TIFFTAG_IMAGEDESCRIPTION), $0) == 1 } ?? true
        guard isTagged else { throw file.error(.writing) }
        for (strip, row) in stride(from: 0, to: rows, by: rowsPerStrip).enumerated() {
            let part = UnsafeRawBufferPointer(
                rebasing: bytes[row * rowBytes..<min(rows, row + rowsPerStrip) * rowBytes])
            // libtiff takes a mutable pointer for the sake of byte swapping, which little-endian machines do not need.
            let memory = UnsafeMutableRawPointer(mutating: part.baseAddress!)
            guard TIFFWriteEncodedStrip(file.tiff, UInt32(strip), memory, tmsize_t(part.count)) == part.count else {
                throw file.error(.writing)
            }
        }
        // Closing would write the directory too, but tell of no failure.
        guard TIFFWriteDirectory(file.tiff) == 1 else { throw file.error(.writing) }
    }

    /// The number of images in a file.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`.
    public static func pageCount(_ path: String) throws(FormatError) -> Int {
        let file = try TIFFHandle(opening: path)
        return withExtendedLifetime(file) { Int(TIFFNumberOfDirectories($0.tiff)) }
    }

    private static func tag(_ file: borrowing TIFFHandle, _ tag: Int32, _ value: UInt32) -> Bool {
        penstock_tiff_set_u32(file.tiff, UInt32(tag), value) == 1
    }

    private static func tag(_ file: borrowing TIFFHandle, _ tag: Int32, _ value: UInt16) -> Bool {
        penstock_tiff_set_u16(file.tiff, UInt32(tag), value) == 1
    }
}
