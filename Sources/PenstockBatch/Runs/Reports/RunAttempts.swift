internal import Foundation

extension StatusRecord {
    /// How long the attempt has run, or how long it had when it last said something, in seconds.
    var seconds: Double { (ended ?? beat).timeIntervalSince(started) }
}

extension RunFolder {
    /// The attempts, in order, the newest one as it last spoke of itself.
    func currentAttempts() throws(BatchError) -> [StatusRecord] {
        var attempts = try attempts()
        if let newest = try status(), let last = attempts.indices.last, attempts[last].attempt == newest.attempt {
            attempts[last] = newest
        }
        return attempts
    }

    /// The folders in which attempts are written down: its own, or those of the tasks of a sweep. None is made.
    func workFolders(_ manifest: RunManifest) -> [(task: Int?, folder: RunFolder)] {
        guard let sweep = manifest.sweep else { return [(nil, self)] }
        return sweep.tasks.indices.map { ($0, task($0)) }
    }
}
