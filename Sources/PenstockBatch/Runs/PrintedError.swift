internal import Foundation

/// What a program has printed of its failure.
enum PrintedError {
    /// How much of the end of a file is looked at.
    private static let bytesMax: UInt64 = 65_536

    /// The last line of a file that begins with `error: `, without that; nil where there is none.
    static func last(in path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > bytesMax ? size - bytesMax : 0)
        let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
        let line = text.split(separator: "\n").last { $0.hasPrefix("error: ") }
        return line.map { String($0.dropFirst("error: ".count)) }
    }
}

extension RunManifest {
    /// The file with what the script of a job prints, seen from the run's folder.
    func scriptOutput(of job: String) -> String {
        "log/" + URL(fileURLWithPath: spec.stdoutPath).lastPathComponent.replacing("%j", with: job)
    }
}
