internal import Foundation

/// Files that a reader sees whole or not at all, on a shared file system, too.
enum AtomicFile {
    /// Puts a file in its place, for one that is there already, too.
    /// - Throws: `BatchError.folder`.
    static func write(_ data: Data, to path: String) throws(BatchError) {
        try staged(data, for: path) { rename($0, path) }
    }

    /// Makes a file that is not there yet.
    /// - Returns: Whether it was made: false where somebody else was first.
    /// - Throws: `BatchError.folder`.
    static func create(_ data: Data, at path: String) throws(BatchError) -> Bool {
        var isFirst = true
        try staged(data, for: path) { temporary in
            // A second name for what is written already: atomic on NFS, too, where O_EXCL once was not.
            let status = link(temporary, path)
            isFirst = status == 0
            let isTaken = status != 0 && errno == EEXIST
            unlink(temporary)
            return isFirst || isTaken ? 0 : -1
        }
        return isFirst
    }

    private static func staged(_ data: Data, for path: String, _ place: (String) -> Int32) throws(BatchError) {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).new"
        func failed() -> BatchError {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            return BatchError(
                .folder, "\(path) cannot be written: \(reason)",
                hint: "is the run's folder still there, and is there room in it?")
        }
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failed() }
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                close(file)
                throw failed()
            }
            rest = rest.dropFirst(count)
        }
        let isFlushed = fsync(file) == 0
        guard close(file) == 0, isFlushed, place(temporary) == 0 else { throw failed() }
    }
}

/// JSON as all files of a run have it: sorted, indented, with times by ISO 8601.
enum RunJSON {
    static func data(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(format))
        }
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("a record of a run has a value that JSON cannot hold")
        }
        return data + Data("\n".utf8)
    }

    static func value<Value: Decodable>(_ type: Value.Type, from data: Data, of path: String) throws(BatchError)
        -> Value
    {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try format.parse(text)
        }
        do { return try decoder.decode(type, from: data) } catch {
            throw BatchError(
                .folder, "\(path) is damaged: \(error.jsonReason)",
                hint: "it is written by the run alone: restore it from a copy")
        }
    }

    static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension Error {
    /// What a decoder found wrong, in few words.
    var jsonReason: String {
        switch self as? DecodingError {
        case .keyNotFound(let key, _)?: "it has no \(key.stringValue)"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?, .dataCorrupted(let context)?:
            (context.codingPath.isEmpty ? "" : context.codingPath.map(\.stringValue).joined(separator: ".") + ": ")
                + context.debugDescription
        default: localizedDescription
        }
    }
}
