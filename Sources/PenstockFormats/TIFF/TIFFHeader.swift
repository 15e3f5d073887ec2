internal import CTIFF

/// What the tags of a TIFF page say about its pixels.
struct TIFFHeader {
    let rows: Int
    let columns: Int
    let elementType: ElementType
    let imageDescription: String?

    /// Reads the tags of the page that the library stands at.
    /// - Throws: `wrongShape` for several channels or none; `wrongType`; `tooLarge` for strips or tiles beyond the limit.
    init(of file: borrowing TIFFHandle, page: Int) throws(FormatError) {
        let (path, tiff) = (file.path, file.tiff)
        rows = Int(penstock_tiff_u32(tiff, UInt32(TIFFTAG_IMAGELENGTH)))
        columns = Int(penstock_tiff_u32(tiff, UInt32(TIFFTAG_IMAGEWIDTH)))
        let channels = penstock_tiff_u16(tiff, UInt32(TIFFTAG_SAMPLESPERPIXEL), 1)
        guard rows > 0, columns > 0, channels == 1 else {
            throw FormatError(
                .wrongShape, file: path, object: "page \(page)",
                "has \(columns) x \(rows) pixels of \(channels) channels; one channel can be read")
        }
        let bits = penstock_tiff_u16(tiff, UInt32(TIFFTAG_BITSPERSAMPLE), 1)
        let format = Int32(penstock_tiff_u16(tiff, UInt32(TIFFTAG_SAMPLEFORMAT), UInt16(SAMPLEFORMAT_UINT)))
        guard let elementType = Self.elementType(bits: bits, format: format) else {
            throw FormatError(
                .wrongType, file: path, object: "page \(page)",
                "has \(bits) bits a pixel in sample format \(format); integers of 8, 16 and 32 bits and f32 can be read"
            )
        }
        self.elementType = elementType
        let block = TIFFIsTiled(tiff) != 0 ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff)
        guard block > 0, block <= UInt64(TIFFImage.blockBytesMax) else {
            throw FormatError(
                .tooLarge, file: path, object: "page \(page)",
                "is stored in blocks of \(block) bytes; at most \(TIFFImage.blockBytesMax) can be read")
        }
        imageDescription = penstock_tiff_text(tiff, UInt32(TIFFTAG_IMAGEDESCRIPTION)).map { String(cString: $0) }
    }

    private static func elementType(bits: UInt16, format: Int32) -> ElementType? {
        switch (bits, format) {
        case (8, SAMPLEFORMAT_UINT), (8, SAMPLEFORMAT_VOID): .u8
        case (16, SAMPLEFORMAT_UINT), (16, SAMPLEFORMAT_VOID): .u16
        case (32, SAMPLEFORMAT_UINT), (32, SAMPLEFORMAT_VOID): .u32
        case (8, SAMPLEFORMAT_INT): .i8
        case (16, SAMPLEFORMAT_INT): .i16
        case (32, SAMPLEFORMAT_INT): .i32
        case (32, SAMPLEFORMAT_IEEEFP): .f32
        default: nil
        }
    }
}
