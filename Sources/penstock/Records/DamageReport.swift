internal import ArgumentParser
internal import PenstockCommands
internal import PenstockEvents
internal import PenstockLog
internal import Synchronization

/// What a command does about damaged records.
struct DamageOptions: ParsableArguments {
    @Flag(name: .customLong("skip-damage"), help: "Go on behind damaged records (the exit status is 65 all the same).")
    var skipsDamage = false
}

/// Tells of the damage that a command meets and passes over.
final class DamageReport: Sendable {
    private let skipsDamage: Bool
    private let isDamaged = Atomic(false)

    init(_ options: DamageOptions) { skipsDamage = options.skipsDamage }

    /// Tells of a damage, behind what was printed before.
    /// - Throws: `error` where the command is to stop there.
    func meet(_ error: LogError) throws {
        guard skipsDamage else { throw error }
        isDamaged.store(true, ordering: .relaxed)
        try StandardOutput.shared.flush()
        FailureReport(error)?.print()
    }

    /// Where the command has done its work.
    /// - Throws: `ExitCode` 65 where something was passed over.
    func end() throws {
        if isDamaged.load(ordering: .relaxed) { throw ExitCode(FailureCategory.data.rawValue) }
    }
}
