internal import Crypto
internal import Foundation

/// Copies of the programs that runs were submitted with, each under its hash: the jobs of a run go on with the program that began it, however
/// often that is built anew.
struct ProgramStore {
    /// `runs/.programs`.
    let folder: String

    init(in runs: String) { folder = URL(fileURLWithPath: runs).standardizedFileURL.path + "/.programs" }

    /// What a program would be called here.
    /// - Throws: `BatchError` where it is not there, or cannot be read.
    func program(_ origin: String) throws(BatchError) -> RunManifest.Program {
        let (hash, size) = try Self.hash(origin)
        let name = URL(fileURLWithPath: origin).lastPathComponent
        return RunManifest.Program(
            path: "\(folder)/\(hash.prefix(16))/\(name)", origin: origin, sha256: hash, bytes: size)
    }

    /// Keeps a program.
    /// - Throws: `BatchError.folder`.
    func keep(_ program: RunManifest.Program) throws(BatchError) {
        let size = try? FileManager.default.attributesOfItem(atPath: program.path)[.size] as? Int
        guard size != program.bytes else { return }
        let temporary = "\(program.path).\(getpid()).new"
        do {
            let place = URL(fileURLWithPath: program.path).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: program.origin, toPath: temporary)
        } catch {
            unlink(temporary)
            throw BatchError(.folder, "the program cannot be copied to \(folder): \(error.localizedDescription)")
        }
        rename(temporary, program.path)
    }

    /// SHA-256 and size of a file, which is read once.
    static func hash(_ path: String) throws(BatchError) -> (hash: String, size: Int) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw BatchError(.changed, "the program \(path) is not there, or cannot be read")
        }
        defer { try? file.close() }
        var hash = SHA256()
        var size = 0
        do {
            while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                hash.update(data: data)
                size += data.count
            }
        } catch {
            throw BatchError(.folder, "\(path) cannot be read: \(error.localizedDescription)")
        }
        return (hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), size)
    }
}
