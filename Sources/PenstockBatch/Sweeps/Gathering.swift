internal import Foundation
internal import PenstockFormats

/// What the tasks of a sweep have left, put together: the files `table.csv` and `contact-sheet.png` in the folder of the run.
public struct Gathering: Sendable, Hashable {
    /// The path of the table.
    public let table: String
    /// The path of the contact sheet; nil where no task has made a picture.
    public let sheet: String?
    /// How many tasks there are.
    public let tasks: Int
    /// How many of them are completed.
    public let completed: Int

    static let tableName = "table.csv"
    static let sheetName = "contact-sheet.png"
}

extension RunFolder {
    /// Puts together what the tasks of a sweep have left so far, in place of what was put together before.
    /// - Throws: `BatchError.wrongState` for a run that is no sweep; `BatchError.folder`.
    public func gather() async throws(BatchError) -> Gathering {
        let status = try await RunStatus.of([self])[0]
        guard let sweep = status.manifest.sweep else {
            throw BatchError(
                .wrongState, "\(name) is no sweep: there is nothing to gather", hint: "`submit --sweep` makes one")
        }
        var results: [TaskResult] = []
        for (index, state) in status.tasks.enumerated() {
            results.append(try TaskResult(index, sweep, state, in: task(index)))
        }
        let (table, sheet) = (self(Gathering.tableName), self(Gathering.sheetName))
        do throws(FormatError) {
            try SweepTable(sweep, results).write(to: table)
            let pictures = SweepSheet(sweep, results)
            try pictures?.write(to: sheet)
            return Gathering(
                table: table, sheet: pictures.map { _ in sheet }, tasks: results.count,
                completed: results.count { $0.state == .completed })
        } catch {
            throw BatchError(.folder, error.summary, hint: error.hint)
        }
    }

    /// What was put together; nil before.
    public var gathering: (table: String, sheet: String?)? {
        let (table, sheet) = (self(Gathering.tableName), self(Gathering.sheetName))
        guard FileManager.default.fileExists(atPath: table) else { return nil }
        return (table, FileManager.default.fileExists(atPath: sheet) ? sheet : nil)
    }

    /// Marks that nothing comes behind a task.
    /// - Parameter count: How many tasks there are.
    /// - Returns: Whether it was the last one, and whoever asks is to gather: true for exactly one.
    func markEnd(of task: Int, of count: Int) throws(BatchError) -> Bool {
        do {
            try FileManager.default.createDirectory(atPath: self("ended"), withIntermediateDirectories: true)
        } catch {
            throw BatchError(.folder, "\(self("ended")) cannot be made: \(error.localizedDescription)")
        }
        _ = try AtomicFile.create(Data(), at: self("ended/\(task)"))
        // Of two that end at once, the one whose mark came second sees both, on NFS, too: its own mark has made what it knew of the folder old.
        guard names(in: "ended").count == count else { return false }
        return try AtomicFile.create(Data("task \(task)\n".utf8), at: self("gatherer"))
    }
}
