internal import Foundation
internal import PenstockEvents

/// The bytes of a file or of standard input, read in large pieces.
final class ByteStream {
    private static let pieceBytes = 1 << 20

    let name: String
    /// The file's size; nil for a pipe.
    let byteCount: Int?
    /// Bytes that were given out.
    private(set) var position = 0

    private let handle: FileHandle
    private var piece: [UInt8] = []
    private var used = 0

    /// Opens a file; `-` is standard input.
    /// - Throws: `CommandError` where the file cannot be opened.
    init(_ path: String) throws {
        guard path != "-" else {
            name = "standard input"
            handle = .standardInput
            byteCount = nil
            return
        }
        name = path
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            throw CommandError(
                .noInput, "cannot open \(path): \(String(cString: strerror(errno)))",
                hint: "check the name of the file, and whether you may read it"
            )
        }
        handle = FileHandle(fileDescriptor: number, closeOnDealloc: true)
        var status = stat()
        let isFile = fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError(.noInput, "\(path) is a directory", hint: "name a file")
        }
        byteCount = isFile ? Int(status.st_size) : nil
    }

    /// The next byte, not taken; nil at the end.
    func peek() throws -> UInt8? { try fill() ? piece[used] : nil }

    /// The next byte; nil at the end.
    func byte() throws -> UInt8? {
        guard try fill() else { return nil }
        defer {
            used += 1
            position += 1
        }
        return piece[used]
    }

    /// The next `count` bytes, fewer at the end.
    func bytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, try fill() {
            let part = piece[used..<min(piece.count, used + count - bytes.count)]
            bytes += part
            used += part.count
            position += part.count
        }
        return bytes
    }

    /// The next line without its end; nil at the end of the file.
    /// - Throws: `ExchangeError` where it is longer than `limit` bytes.
    func line(limit: Int) throws -> [UInt8]? {
        guard try fill() else { return nil }
        var line: [UInt8] = []
        while try fill() {
            let end = piece[used...].firstIndex(of: UInt8(ascii: "\n"))
            line += piece[used..<(end ?? piece.count)]
            position += (end.map { $0 + 1 } ?? piece.count) - used
            used = end.map { $0 + 1 } ?? piece.count
            guard line.count <= limit else { throw ExchangeError("the line is longer than \(limit) bytes") }
            if end != nil { break }
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    private func fill() throws -> Bool {
        guard used == piece.count else { return true }
        do {
            piece = Array(try handle.read(upToCount: Self.pieceBytes) ?? Data())
        } catch {
            throw CommandError(.inputOutput, "cannot read \(name): \(error.localizedDescription)")
        }
        used = 0
        return !piece.isEmpty
    }
}
