internal import Foundation

/// Copies of the programs that runs were submitted with, each under its hash: the jobs of a run go on with the program that began it, however
/// often that is built anew.
struct ProgramStore {
    /// `runs/.programs`.
    let folder: String

    init(in runs: String) { folder = URL(fileURLWithPath: runs).standardizedFileURL.path + "/.programs" }

    /// What a program would be called here, and what it needs of a node.
    /// - Throws: `BatchError` where it is not there, cannot be read, or is no program of Linux.
    func program(_ origin: String) throws(BatchError) -> (program: RunManifest.Program, check: BinaryCheck) {
        do throws(BinaryError) {
            let facts = try BinaryFacts(of: origin)
            let name = URL(fileURLWithPath: origin).lastPathComponent
            let path = "\(folder)/\(facts.sha256.prefix(16))/\(name)"
            let program = RunManifest.Program(path: path, origin: origin, sha256: facts.sha256, bytes: facts.bytes)
            return (program, BinaryCheck(facts))
        } catch {
            throw BatchError(.changed, error.summary, hint: error.hint)
        }
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
