/// Writes a CIF 1.1, block by block, tag by tag, so that every value is read back as it was given.
///
///     var cif = CIFWriter()
///     cif.begin("IRMOF-1")
///     cif.item("_cell_length_a", 25.832)
///     cif.loop(["_atom_site_label", "_atom_site_fract_x"])
///     cif.append("Zn1")
///     cif.append(0.2934)
///     try cif.write(to: "IRMOF-1.cif")
public struct CIFWriter: Sendable {
    /// What has been written so far.
    public private(set) var text = ""
    private var columnCount = 0
    private var valueCount = 0

    /// A writer of an empty document.
    public init() {}

    /// Begins a block. Blanks in its name become underscores.
    public mutating func begin(_ name: String) {
        endLoop()
        let name = name.map { $0.isWhitespace || $0.isNewline ? "_" : String($0) }.joined()
        text += "data_\(name.isEmpty ? "structure" : name)\n"
    }

    /// Adds a tag and its value, unknown where it is nil. In a text of several lines, one that begins with a semicolon gets a blank first.
    public mutating func item(_ tag: String, _ value: String?) {
        endLoop()
        text += "\(tag) \(value.map(Self.quoted) ?? "?")\n"
    }

    /// Adds a tag and a number with as many digits as it takes to read the same number again; unknown where it is not finite.
    public mutating func item(_ tag: String, _ number: Double) {
        endLoop()
        text += "\(tag) \(Self.digits(number))\n"
    }

    /// Begins a table; its values are appended row by row.
    public mutating func loop(_ tags: [String]) {
        precondition(!tags.isEmpty, "a table has at least one column")
        endLoop()
        columnCount = tags.count
        text += "loop_\n"
        for tag in tags { text += "\(tag)\n" }
    }

    /// Adds a value to the table, unknown where it is nil.
    public mutating func append(_ value: String?) { append(written: value.map(Self.quoted) ?? "?") }

    /// Adds a number to the table, unknown where it is nil or not finite.
    public mutating func append(_ number: Double?) { append(written: number.map(Self.digits) ?? "?") }

    /// Makes a new file of what was written.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    public func write(to path: String) throws(FormatError) {
        try FileDescriptor(creating: path).write(Array(text.utf8))
    }

    private mutating func append(written value: String) {
        precondition(columnCount > 0, "a value stands in a table")
        text += value
        valueCount += 1
        // A text field ends with a line of its own, behind which a blank may stand.
        text += valueCount % columnCount == 0 ? "\n" : " "
    }

    private mutating func endLoop() {
        precondition(columnCount == 0 || valueCount % columnCount == 0, "the last row of the table was not filled")
        (columnCount, valueCount) = (0, 0)
    }

    private static func digits(_ number: Double) -> String { number.isFinite ? number.description : "?" }

    /// A value as it is written: plain, in quotation marks, or as a text field.
    private static func quoted(_ value: String) -> String {
        let utf8 = Array(value.utf8)
        func ends(with mark: UInt8) -> Bool {
            utf8.indices.dropLast().contains { utf8[$0] == mark && (utf8[$0 + 1] == 0x20 || utf8[$0 + 1] == 0x09) }
        }
        if utf8.contains(where: { $0 >= 0x0A && $0 <= 0x0D }) {
            return "\n;\(indented(utf8))\n;"
        }
        if !utf8.isEmpty, value != "?", value != ".", !utf8.contains(0x20), !utf8.contains(0x09), !isReserved(value) {
            return value
        }
        if !ends(with: 0x27) { return "'\(value)'" }
        return ends(with: 0x22) ? "\n;\(value)\n;" : "\"\(value)\""
    }

    /// A text whose lines do not begin with a semicolon, which would end the field: a blank goes before it.
    private static func indented(_ utf8: [UInt8]) -> String {
        var lines: [UInt8] = []
        for (index, byte) in utf8.enumerated() {
            if byte == UInt8(ascii: ";"), index > 0, utf8[index - 1] == 0x0A || utf8[index - 1] == 0x0D {
                lines.append(0x20)
            }
            lines.append(byte)
        }
        return String(decoding: lines, as: UTF8.self)
    }

    private static func isReserved(_ value: String) -> Bool {
        let word = value.lowercased()
        return "_#$'\"[];".contains(word.first!) || ["data_", "save_"].contains { word.hasPrefix($0) }
            || ["loop_", "stop_", "global_"].contains(word)
    }
}
