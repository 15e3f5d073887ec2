public import Penstock
public import PenstockEvents

/// Why a framework could not be relaxed.
public struct RelaxationError: Diagnostic, Hashable {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The structure has no bonds and angles to begin with, or far too many.
        case noTerms = "noBondedTerms"
        /// The box has more atoms than are relaxed.
        case tooManyAtoms = "tooManyAtomsToRelax"
        /// Atoms have left the box: forces beyond all measure.
        case lostAtoms
        /// An energy, a pressure or a place is not a number, or a floating-point exception has ended the program.
        case notANumber = "relaxationNotANumber"
        /// The cell has collapsed, or has become another one.
        case collapsed = "cellCollapsed"
        /// The cell still changed when the last round ended.
        case notConverged = "relaxationNotConverged"
        /// What LAMMPS has written cannot be read.
        case unreadable = "relaxationUnreadable"
        /// LAMMPS has refused its input, or has failed in another way.
        case refused = "relaxationRefused"
        /// LAMMPS is not there, or cannot be started.
        case unavailable = "lammpsUnavailable"
        /// LAMMPS took too long.
        case timedOut = "relaxationTimedOut"
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, the same for every run that fails in this way.
    public let reason: String
    /// The failure of the program behind it.
    public let program: ProgramError?

    init(_ code: Code, _ reason: String) { (self.code, self.reason, program) = (code, reason, nil) }

    /// What the failure of the program means.
    public init(_ error: ProgramError) {
        program = error
        // LAMMPS says what is wrong in a line of its own, and more behind it.
        let lines = (error.lastOutput + "\n" + error.lastErrors).split(whereSeparator: \.isNewline)
        let said = lines.first { $0.hasPrefix("ERROR") }.map { String($0.prefix { $0 != "(" }) } ?? ""
        let sentence = said.split(separator: " ").joined(separator: " ")
        switch error.code {
        case .notFound, .notStarted: (code, reason) = (.unavailable, error.summary)
        case .timedOut: (code, reason) = (.timedOut, error.summary)
        case .crashed where error.reason.contains("SIGFPE"): (code, reason) = (.notANumber, error.summary)
        case .failed where ["Lost atoms", "missing on proc", "Out of range atoms"].contains(where: said.contains):
            (code, reason) = (.lostAtoms, "atoms have flown apart; LAMMPS says \(sentence)")
        case .failed where ["Non-numeric", "NaN", "infinite"].contains(where: said.contains):
            (code, reason) = (.notANumber, "LAMMPS says \(sentence)")
        case .missingFile, .unusableFile: (code, reason) = (.unreadable, error.summary)
        default: (code, reason) = (.refused, sentence.isEmpty ? error.summary : "LAMMPS says \(sentence)")
        }
    }

    /// What happened.
    public var summary: String { reason }

    /// What to do about it.
    public var hint: String? {
        switch code {
        case .unavailable: "install LAMMPS (Debian: apt-get install lammps), or give the path of its program"
        case .notConverged: "give it more rounds, or look at the structure: it may have no rigid shape"
        case .timedOut: "raise the time limit, or relax smaller structures"
        case .tooManyAtoms: "raise atomsMax"
        case .lostAtoms, .notANumber, .collapsed, .noTerms: "look at the structure: atoms may overlap or be missing"
        case .unreadable, .refused: program?.hint
        }
    }

    /// By whose fault it is.
    public var category: FailureCategory {
        switch code {
        case .unavailable: .unavailable
        case .timedOut: .temporary
        default: .data
        }
    }
}
