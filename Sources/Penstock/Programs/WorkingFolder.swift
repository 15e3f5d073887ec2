internal import Foundation

/// Where the working folders of a program are made, and which of them stay.
public struct WorkingFolders: Sendable, Hashable {
    /// Which working folders stay behind a run.
    public enum Kept: String, Sendable, Hashable, CaseIterable {
        /// None.
        case none
        /// Those of runs without a result; `ProgramError.folder` says where they are. Cancelled runs leave none.
        case failures
        /// All but those of cancelled runs.
        case all
    }

    /// The folder that they are made in; nil for that of temporary files.
    public var parent: String?
    /// Which of them stay. Nothing bounds their number: remove them when they were looked at.
    public var kept: Kept

    /// Folders.
    public init(in parent: String? = nil, kept: Kept = .none) { (self.parent, self.kept) = (parent, kept) }
}

/// The folder of one run.
struct WorkingFolder: Sendable {
    let path: String
    private let program: String

    init(of program: ExternalProgram) throws(ProgramError) {
        self.program = program.executable
        let parent = program.folders.parent ?? NSTemporaryDirectory()
        let name = (program.executable as NSString).lastPathComponent
        var template = Array("\(parent)/penstock-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw ProgramError(
                .folder, program: program.executable, "no working folder can be made in \(parent): \(reason)")
        }
        let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = URL(fileURLWithPath: made).resolvingSymlinksInPath().path
    }

    /// Writes a file, and the folders that it lies in.
    func write(_ bytes: [UInt8], to name: String) throws(ProgramError) {
        try checkName(name)
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        do {
            let folder = file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        } catch {
            throw ProgramError(
                .folder, program: program, "the file \(name) cannot be written: \(error.localizedDescription)")
        }
    }

    /// The bytes of a file that the program has written.
    func read(_ name: String, atMost bytesMax: Int) throws(ProgramError) -> [UInt8] {
        try checkName(name)
        // Whatever the program has put there instead of a file must not keep us waiting, or lead elsewhere.
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else {
            throw ProgramError(.missingFile, program: program, "it has ended without writing \(name)")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ProgramError(.missingFile, program: program, "\(name) is not a file")
        }
        guard status.st_size <= bytesMax else {
            throw ProgramError(
                .missingFile, program: program,
                "\(name) has \(status.st_size) bytes, more than the \(bytesMax) that are left of fileBytesMax")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + length, $0.count - length) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            length += count
        }
        return Array(bytes.prefix(length))
    }

    /// Removes the folder with all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Names lead to files below the working folder, and nowhere else.
    private func checkName(_ name: String) throws(ProgramError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.utf8.contains(0), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            throw ProgramError(.folder, program: program, "'\(name)' is not the name of a file in the working folder")
        }
    }
}
