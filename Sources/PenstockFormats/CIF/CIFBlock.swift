/// A value of a CIF.
public struct CIFValue: Sendable, Hashable {
    /// The text, without quotation marks.
    public let text: String
    /// Whether it stood in quotation marks or was a text field.
    public let isQuoted: Bool
    /// The line of the file on which it begins, from 1.
    public let line: Int32

    /// Whether it is `?` (unknown) or `.` (does not apply), without quotation marks.
    public var isMissing: Bool { !isQuoted && (text == "?" || text == ".") }

    /// The text; nil where the value is missing.
    public var present: String? { isMissing ? nil : text }

    /// The number, without the standard uncertainty in parentheses behind it; nil where it is none, or not finite.
    public var number: Double? {
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            let digits = bytes.prefix { $0 != UInt8(ascii: "(") }
            let value = DecimalNumber.double(UnsafeRawBufferPointer(rebasing: digits))
            return value.flatMap { $0.isFinite ? $0 : nil }
        }
    }

    /// The integer; nil where it is none.
    public var integer: Int? {
        var text = text
        return text.withUTF8 { DecimalNumber.integer(UnsafeRawBufferPointer($0)) }
    }
}

/// A table of a CIF: columns named by tags, and rows of values.
public struct CIFLoop: Sendable, Hashable {
    /// The tags of the columns, in lower case and with `_` for `.`.
    public let tags: [String]
    /// The values, row after row.
    public let values: [CIFValue]
    /// The line of the file on which it begins, from 1.
    public let line: Int

    /// Whether the last row is whole.
    public var isFilled: Bool { tags.isEmpty ? values.isEmpty : values.count % tags.count == 0 }

    /// How many whole rows there are.
    public var rowCount: Int { tags.isEmpty ? 0 : values.count / tags.count }

    /// The number of the column with a tag in lower case; nil where there is none.
    public func column(_ tag: String) -> Int? { tags.firstIndex(of: tag) }

    /// The number of the first column with one of these tags, the more telling first.
    public func column(_ tags: [String]) -> Int? {
        for tag in tags { if let column = column(tag) { return column } }
        return nil
    }

    /// A value.
    /// - Precondition: Row and column are there.
    public subscript(row: Int, column: Int) -> CIFValue {
        precondition(column < tags.count, "there is no such column")
        return values[row * tags.count + column]
    }
}

/// A data block of a CIF: tags with a value each, and tables. Tags are compared without case, and `.` counts as `_`, as in mmCIF.
public struct CIFBlock: Sendable {
    /// The name behind `data_`.
    public let name: String
    /// The line of the file on which it begins, from 1.
    public let line: Int
    /// The tags that have one value each, as a table of one row.
    public let items: CIFLoop
    /// The tables, in the order of the file.
    public let loops: [CIFLoop]

    /// The value of a tag in lower case; nil where there is none, or where it is a column of a table.
    public func value(_ tag: String) -> CIFValue? { items.column(tag).map { items[0, $0] } }

    /// The value of the first of these tags that has one that is not missing.
    public func value(_ tags: [String]) -> CIFValue? {
        for tag in tags { if let value = value(tag), !value.isMissing { return value } }
        return nil
    }

    /// The table with a column of this tag in lower case; all single values as a table of one row where the tag is one of them; else nil.
    public func loop(with tag: String) -> CIFLoop? {
        if let loop = loops.first(where: { $0.tags.contains(tag) }) { return loop }
        return items.column(tag) == nil ? nil : items
    }
}
