internal import Foundation
internal import PenstockEvents

/// The file or standard output that an export goes to. A file appears under its name when it is complete.
final class OutputFile {
    private let path: String
    private let unfinished: String
    private let handle: FileHandle?
    private var buffer: [UInt8] = []

    private static let bufferBytes = 1 << 20

    /// - Throws: `CommandError` where the file is there and `overwrite` was not said, or cannot be made.
    init(_ path: String, overwrite: Bool) throws {
        self.path = path
        unfinished = path + ".unfinished"
        guard path != "-" else {
            handle = nil
            return
        }
        var status = stat()
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError(.inputOutput, "\(path) is a directory", hint: "name a file in it")
        }
        guard overwrite || access(path, F_OK) != 0 else {
            throw CommandError(.inputOutput, "\(path) is there already", hint: "say --overwrite or choose another name")
        }
        let number = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard number >= 0 else {
            throw CommandError(
                .inputOutput, "cannot create \(path): \(String(cString: strerror(errno)))",
                hint: "check the folder and its permissions")
        }
        handle = FileHandle(fileDescriptor: number, closeOnDealloc: true)
    }

    func write(_ bytes: [UInt8]) throws {
        guard handle != nil else { return try StandardOutput.shared.write(bytes) }
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try drain() }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Gives the file its name.
    func finish() throws {
        guard let handle else { return try StandardOutput.shared.flush() }
        try drain()
        do { try handle.synchronize() } catch { throw failure("sync", error) }
        guard rename(unfinished, path) == 0 else {
            throw CommandError(.inputOutput, "cannot rename \(unfinished): \(String(cString: strerror(errno)))")
        }
    }

    /// Removes what was written.
    func abandon() {
        if handle != nil { unlink(unfinished) }
    }

    private func drain() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        do { try handle?.write(contentsOf: buffer) } catch { throw failure("write", error) }
    }

    private func failure(_ operation: String, _ error: any Error) -> CommandError {
        CommandError(
            .inputOutput, "cannot \(operation) \(unfinished): \(error.localizedDescription)",
            hint: "check the space on the disk")
    }
}
