/// Something about a structure that its user should know: found while it was read, or by the validity screen.
///
/// There is one finding of a kind at most; it names all atoms concerned.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// How grave it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
        /// A choice was made, or something is unusual.
        case flag
        /// Results may be wrong.
        case warning
        /// The structure cannot be real.
        case rejection

        /// From the least grave.
        public static func < (left: Severity, right: Severity) -> Bool {
            allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
        }
    }

    /// What was found.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        // While reading.
        /// The file breaks the grammar of a CIF, but what is needed could be read.
        case irregularFile
        /// Several blocks of the file have atoms; the first was taken.
        case severalBlocks
        /// Fractional coordinates were computed from Cartesian ones.
        case cartesianCoordinates
        /// The file names no space group and no symmetry operators: its atoms are taken for all.
        case symmetryMissing
        /// The file has no symmetry operators; they were generated from the space group.
        case symmetryGenerated
        /// The file has the identity only, but names a space group of higher symmetry: its atoms are taken for all.
        case symmetryContradicts
        /// The operators of the file lack the identity, which was added.
        case identityMissing
        /// Atoms without coordinates were left out.
        case coordinatesMissing
        /// Dummy atoms were left out.
        case dummyAtoms
        /// The element of an atom was guessed from a label that could mean another.
        case elementGuessed
        /// Atoms of which no part is there, by their occupancy, were left out.
        case occupancyZero
        /// Occupancies that are no number from 0 to 1 were taken for 1.
        case occupancyInvalid
        /// Of atoms that are never there together, those of the highest occupancy were kept.
        case disordered
        /// Atoms that are not always there count as whole ones.
        case partialOccupancy
        /// Atoms that are not always there and have no neighbour were left out as solvent.
        case partialSolvent
        /// Atoms that were listed twice were merged.
        case repeatedAtoms
        /// All charges of the file are zero: they count as unknown.
        case chargesZero
        /// Some atoms have charges, others have none.
        case chargesIncomplete

        // The validity screen.
        /// The cell is narrower, or holds more atoms, than any crystal.
        case impossiblyDense
        /// Atoms are closer together than the smaller of their covalent radii.
        case overlap
        /// Atoms are closer together than any bond.
        case shortContact
        /// There is no metal.
        case noMetal
        /// There is no carbon.
        case noCarbon
        /// There is no hydrogen.
        case noHydrogen
        /// Carbon atoms have more than four neighbours that are not metals.
        case overcoordinatedCarbon
        /// Hydrogen atoms have more than one neighbour that is not a metal.
        case overcoordinatedHydrogen
        /// Nitrogen atoms have more than four neighbours that are not metals.
        case overcoordinatedNitrogen
        /// Carbon atoms lack hydrogen, by the number and the directions of their neighbours.
        case hydrogenMissingOnCarbon
        /// Nitrogen atoms lack hydrogen, by their only neighbour's distance.
        case hydrogenMissingOnNitrogen
        /// Metal atoms have fewer neighbours than any of their compounds.
        case undercoordinatedMetal
        /// Metal atoms have more neighbours than any of their compounds.
        case overcoordinatedMetal
        /// Fragments are not bonded to the framework: solvent, ions, or atoms out of place.
        case floatingFragment
        /// No fragment extends through the crystal.
        case noFramework
        /// The charges of a cell do not cancel.
        case netCharge
        /// Charges are larger than those of any atom.
        case extremeCharge
    }

    /// What was found.
    public let code: Code
    /// How grave it is.
    public let severity: Severity
    /// One line without a final full stop: what was found, at which atoms, and what was made of it.
    public let summary: String
    /// The atoms concerned, as places in the crystal's list; none where they were left out of it.
    public let atoms: [Int]

    /// A finding.
    public init(_ code: Code, _ severity: Severity, _ summary: String, atoms: [Int] = []) {
        self.code = code
        self.severity = severity
        self.summary = summary
        self.atoms = atoms
    }

    /// The severity, the code and the summary.
    public var description: String { "\(severity.rawValue) \(code.rawValue): \(summary)" }
}

/// A few of many names, and how many there are more.
func named(_ names: [String], atMost count: Int = 5) -> String {
    let rest = names.count - count
    return rest <= 0 ? names.joined(separator: ", ") : names.prefix(count).joined(separator: ", ") + " and \(rest) more"
}
