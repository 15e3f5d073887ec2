internal import Foundation

/// A file that a run has read or made, or a folder of such.
public struct FileRecord: Codable, Sendable, Hashable {
    /// What there is.
    public enum Kind: String, Codable, Sendable, Hashable {
        case file, folder
        /// Nothing: an option names it, and it is not there, or cannot be read.
        case missing
    }

    /// A file in a folder.
    public struct Part: Codable, Sendable, Hashable {
        /// Its path from the folder.
        public var path: String
        /// Its size in bytes.
        public var bytes: Int
        /// SHA-256 in hexadecimal digits; nil where nobody has read it for that.
        public var sha256: String?
    }

    /// The option that names it, without dashes; behind a point which one of several.
    public var option: String
    /// Its path: from the folder that the run was submitted from where it lies in there, absolute otherwise.
    public var path: String
    public var kind: Kind
    /// Its size, that of all files of a folder together, in bytes; nil for what is missing.
    public var bytes: Int?
    /// SHA-256 of a file in hexadecimal digits; nil for a folder, and where nobody has read the file for that.
    public var sha256: String?
    /// The files of a folder and of the folders in it, by path; nil for a file, and where there are more than `mostParts`.
    public var parts: [Part]?

    /// The most files that are listed of a folder.
    public static let mostParts = 100_000

    /// A record.
    public init(
        option: String, path: String, kind: Kind, bytes: Int? = nil, sha256: String? = nil, parts: [Part]? = nil
    ) {
        self.option = option
        self.path = path
        self.kind = kind
        self.bytes = bytes
        self.sha256 = sha256
        self.parts = parts
    }

    /// What there is at a path, with its sizes and without its checksums.
    /// - Parameter directory: The folder that the run was submitted from, and that paths begin in.
    init(_ option: String, at path: String, in directory: String) {
        let place = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: directory, isDirectory: true))
            .standardizedFileURL.path
        let name = place.hasPrefix(directory + "/") ? String(place.dropFirst(directory.count + 1)) : place
        self.init(option: option, path: name, kind: .missing)
        guard let status = Self.status(place) else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG: (kind, bytes) = (.file, Int(status.st_size))
        case S_IFDIR:
            let parts = Self.parts(of: place)
            (kind, bytes) = (.folder, parts.reduce(0) { $0 + $1.bytes })
            self.parts = parts.count <= Self.mostParts ? parts : nil
        default: break
        }
    }

    /// Reads what there is for its checksums. What cannot be read, or is gone meanwhile, stays without.
    mutating func addChecksums(in directory: String) {
        let place = path.hasPrefix("/") ? path : "\(directory)/\(path)"
        if kind == .file, sha256 == nil, let digest = try? FileDigest.sha256(place) {
            (sha256, bytes) = (digest.digits, digest.bytes)
        }
        guard var parts else { return }
        for index in parts.indices {
            if let digest = try? FileDigest.sha256("\(place)/\(parts[index].path)") {
                (parts[index].sha256, parts[index].bytes) = (digest.digits, digest.bytes)
            }
        }
        self.parts = parts
        bytes = parts.reduce(0) { $0 + $1.bytes }
    }

    private static func parts(of folder: String) -> [Part] {
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.sorted().compactMap { path in
            guard let status = status("\(folder)/\(path)"), status.st_mode & S_IFMT == S_IFREG else { return nil }
            return Part(path: path, bytes: Int(status.st_size))
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension FileRecord {
    /// Writes a checksum that nobody knows as null, so that whoever reads the file sees that it was left out.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(option, forKey: .option)
        try values.encode(path, forKey: .path)
        try values.encode(kind, forKey: .kind)
        try values.encodeIfPresent(bytes, forKey: .bytes)
        if kind == .file { try values.encode(sha256, forKey: .sha256) }
        try values.encodeIfPresent(parts, forKey: .parts)
    }
}

extension FileRecord.Part {
    /// As a file of its own.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(path, forKey: .path)
        try values.encode(bytes, forKey: .bytes)
        try values.encode(sha256, forKey: .sha256)
    }
}
