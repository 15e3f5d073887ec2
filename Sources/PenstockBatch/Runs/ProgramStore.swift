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
        let digest: (digits: String, bytes: Int)
        do { digest = try FileDigest.sha256(origin) } catch {
            throw BatchError(.changed, "the program \(origin) cannot be read: \(error.localizedDescription)")
        }
        let name = URL(fileURLWithPath: origin).lastPathComponent
        return RunManifest.Program(
            path: "\(folder)/\(digest.digits.prefix(16))/\(name)", origin: origin, sha256: digest.digits,
            bytes: digest.bytes)
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
}
