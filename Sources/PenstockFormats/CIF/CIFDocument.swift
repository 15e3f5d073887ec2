/// A CIF as its syntax gives it: blocks, tags, tables; no chemistry.
///
/// Any bytes can be read: what breaks the grammar becomes a finding with its line, and reading goes on. Only what is no text, holds no
/// tag or is too large is refused.
///
///     let document = try CIFDocument(opening: "IRMOF-1.cif")
///     let edge = document.blocks[0].value("_cell_length_a")?.number
public struct CIFDocument: Sendable {
    /// The largest file that is read, 64 MiB.
    public static let bytesMax = 1 << 26
    /// How many findings are kept: the first hundred.
    public static let findingsMax = 100

    /// What the document is called: the path of its file.
    public let name: String
    /// The blocks, in the order of the file.
    public let blocks: [CIFBlock]
    /// What breaks the grammar, in the order of the file.
    public let findings: [CIFFinding]

    /// Reads a file.
    /// - Throws: `notFound`, `notReadable`, `readFailed`; `tooLarge`; `wrongFormat` where it is empty, not a text, or has no tag.
    public init(opening path: String) throws(FormatError) {
        try self.init(try FileDescriptor(opening: path).bytes(at: 0, count: Self.bytesMax + 1), name: path)
    }

    /// Reads a document from memory.
    /// - Parameter name: What errors call it.
    /// - Throws: `tooLarge`; `wrongFormat` where it is empty, not a text, or has no tag.
    public init(_ bytes: [UInt8], name: String) throws(FormatError) {
        guard !bytes.isEmpty else {
            throw FormatError(.wrongFormat, file: name, "is empty", hint: "was it copied or downloaded whole?")
        }
        guard bytes.count <= Self.bytesMax else {
            throw FormatError(
                .tooLarge, file: name, "has more than \(Self.bytesMax) bytes", hint: "is it a CIF of one structure?")
        }
        guard !bytes.prefix(4096).contains(0) else {
            throw FormatError(
                .wrongFormat, file: name, "is not a text file", hint: "a CIF is plain text, not compressed")
        }
        let (blocks, findings, hasTags) = bytes.withUnsafeBytes { bytes in
            var parser = CIFParser(bytes)
            return (parser.parse(), parser.findings, parser.hasTags)
        }
        guard hasTags else {
            throw FormatError(
                .wrongFormat, file: name, "is not a CIF: it has no tag such as _cell_length_a",
                hint: "convert other formats first")
        }
        self.name = name
        self.blocks = blocks
        self.findings = findings
    }
}
