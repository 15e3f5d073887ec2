/// What the validity screen says of a structure.
public struct ValidityReport: Sendable {
    /// The verdict.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// Nothing speaks against the structure.
        case pass
        /// The structure can be screened, but its results may be wrong.
        case warn
        /// The structure cannot be real.
        case reject
    }

    /// What was found: first while the structure was read, then by the screen.
    public let findings: [Finding]
    /// The bonds; nil where the structure is too dense to have any.
    public let bonds: BondGraph?

    /// The verdict, by the gravest finding.
    public var outcome: Outcome {
        switch findings.map(\.severity).max() {
        case .rejection: .reject
        case .warning: .warn
        case .flag, nil: .pass
        }
    }

    /// The findings of the gravest kind in one line, for a table; nil where the outcome is `pass`.
    public var reason: String? {
        guard outcome != .pass, let gravest = findings.map(\.severity).max() else { return nil }
        return findings.filter { $0.severity == gravest }.map { "\($0.code.rawValue): \($0.summary)" }
            .joined(separator: "; ")
    }

    /// Whether something of this kind was found.
    public func contains(_ code: Finding.Code) -> Bool { findings.contains { $0.code == code } }
}
