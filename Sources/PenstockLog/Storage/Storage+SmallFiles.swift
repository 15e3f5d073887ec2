internal import PenstockEvents

extension Storage {
    private static var unfinishedSuffix: String { "-new" }

    /// Whether a file is one that `replace` has not finished.
    static func isUnfinished(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(unfinishedSuffix) }

    /// The bytes of a small file, at most `limit`, or nil where there is none.
    func contents(of file: String, limit: Int) throws(StorageError) -> [UInt8]? {
        do {
            guard try kind(of: file) == .file else { return nil }
            let opened = try open(file, .read)
            let block = Payload.Storage(byteCount: min(try opened.byteCount(), limit))
            let count = try opened.read(into: block.bytes, at: 0)
            return Array(block.bytes[..<count])
        } catch {
            if error.reason == .notFound || error.reason == .notADirectory { return nil }
            throw error
        }
    }

    /// Replaces a small file in one step, so that it holds either what it held or `bytes`, synced.
    func replace(_ name: String, in directory: String, with bytes: [UInt8]) throws(StorageError) {
        let unfinished = "\(directory)/.\(name)\(unfinishedTag)\(Self.unfinishedSuffix)"
        let file = try open(unfinished, .updateOrCreate)
        try file.truncate(to: 0)
        try bytes.withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
        try file.sync()
        try rename(unfinished, to: "\(directory)/\(name)")
        try syncDirectory(directory)
    }
}
