/// Small files of text.
public enum TextFile {
    /// The largest file that is taken, 64 MiB.
    public static let bytesMax = 1 << 26

    /// The lines of a file without their ends, which may be those of any system. Empty lines count.
    /// - Throws: `notFound`, `notReadable`, `readFailed`; `tooLarge`; `wrongFormat` where it is not UTF-8.
    public static func lines(of path: String) throws(FormatError) -> [Substring] {
        let bytes = try FileDescriptor(opening: path).bytes(at: 0, count: bytesMax)
        guard bytes.count < bytesMax else {
            throw FormatError(
                .tooLarge, file: path, "has more than \(bytesMax) bytes", hint: "is it the list that you mean?")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatError(
                .wrongFormat, file: path, "is not a text file", hint: "a list has one number on each line")
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
}
