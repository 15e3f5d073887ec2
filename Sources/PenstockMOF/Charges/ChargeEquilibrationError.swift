public import PenstockEvents

/// Why a structure has no charges by charge equilibration.
public struct ChargeEquilibrationError: Diagnostic, Hashable {
    /// The kind of failure.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The table has no ionization energies for an element.
        case missingElement = "chargeDataMissing"
        /// The cell has more atoms than `ChargeEquilibration.atomsMax`.
        case tooManyAtoms = "tooManyAtomsForCharges"
        /// The energy has no minimum: charges would grow without end.
        case noEquilibrium = "noChargeEquilibrium"
    }

    /// The kind of failure.
    public let code: Code
    /// What happened.
    public let reason: String

    init(_ code: Code, _ reason: String) { (self.code, self.reason) = (code, reason) }

    /// What happened.
    public var summary: String { reason }

    /// What the user can do.
    public var hint: String? { "use --charges none, or a file with charges and --charges cif" }

    /// The data are wrong, or beyond what the method is for.
    public var category: FailureCategory { .data }
}
