public import PenstockEvents

/// A file with a structure, as a source found it: an event with the bytes of the file as its payload.
public struct StructureFile: Event {
    /// What the bytes are.
    public enum Format: UInt8, Sendable, Hashable, CaseIterable {
        /// A Crystallographic Information File.
        case cif = 0
        /// Extended XYZ.
        case extendedXYZ = 1

        /// The format of a file by its name: `.cif`, `.xyz` or `.extxyz`, in any case; nil for any other.
        public init?(fileName: String) {
            let name = fileName.lowercased()
            if name.hasSuffix(".cif") {
                self = .cif
            } else if name.hasSuffix(".xyz") || name.hasSuffix(".extxyz") {
                self = .extendedXYZ
            } else {
                return nil
            }
        }
    }

    /// What the structure is called: the name of the file without folders and ending.
    public var name: String
    /// What the bytes are.
    public var format: Format
    /// Why the file could not be read; empty where it could.
    public var failure: String
    /// The bytes of the file.
    public var content: Payload

    /// What the records of a topic of structures hold.
    public static let schema = Schema(
        "mof.StructureFile",
        fields: [.init("name", .string), .init("format", .u8), .init("failure", .string)],
        payload: .init("content", .bytes))

    /// A file.
    public init(name: String, format: Format, content: Payload, failure: String = "") {
        (self.name, self.format, self.content, self.failure) = (name, format, content, failure)
    }

    /// A file of these bytes.
    public init(name: String, format: Format, bytes: [UInt8]) {
        self.init(name: name, format: format, content: bytes.withUnsafeBytes { Payload(copying: $0) })
    }

    /// The structure in the file.
    /// - Throws: `StructureError`.
    public func crystal() throws -> Crystal {
        let bytes = content.withUnsafeBytes { Array($0) }
        switch format {
        case .cif: return try Crystal(cif: bytes, name: name)
        case .extendedXYZ: return try Crystal(extendedXYZ: bytes, name: name)
        }
    }

    /// Appends the attributes in the schema's order and the bytes as the payload.
    public func write(to record: inout RecordWriter) {
        record.append(name)
        record.append(format.rawValue)
        record.append(failure)
        record.setPayload(content)
    }

    /// Reads a file back.
    public init(reading record: inout RecordReader) throws(RecordError) {
        name = try record.readString()
        guard let format = Format(rawValue: try record.readInteger()) else { throw .invalidField("format") }
        self.format = format
        failure = try record.readString()
        content = record.payload
    }
}
