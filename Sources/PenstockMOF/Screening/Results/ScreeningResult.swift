internal import Foundation

/// What a screening found of one structure: a row of its tables.
///
/// What a tier did not come to, or what does not exist, is nil; nothing is NaN.
public struct ScreeningResult: Sendable, Hashable, Codable {
    /// What became of a structure.
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        /// All tiers have run, and nothing speaks against the results.
        case ok
        /// All tiers have run; the reason says what to look at before the results are used.
        case flagged
        /// The structure is not worth, or not fit for, more: by the validity screen, by a threshold, or as a duplicate.
        case rejected
        /// The structure could not be read or computed.
        case failed
    }

    /// Something to know about a structure: a code for programs and a text for people.
    public struct Remark: Sendable, Hashable, Codable {
        /// One word, such as `overlap`.
        public let code: String
        /// One line.
        public let text: String
    }

    /// A loading at a pressure.
    public struct Uptake: Sendable, Hashable, Codable {
        /// The pressure.
        public let pressure: Pressure
        /// The absolute loading in mol/kg.
        public let loading: Double
        /// One standard deviation of it, in mol/kg.
        public let standardError: Double?
    }

    /// How another gas is adsorbed at zero loading.
    public struct Competitor: Sendable, Hashable, Codable {
        /// The gas, such as `N2`.
        public let gas: String
        /// Its Henry coefficient in mol/(kg Pa).
        public let henryCoefficient: Double
        /// One standard deviation of it.
        public let henryError: Double?
    }

    /// The loadings of a mixture at a pressure.
    public struct MixtureUptake: Sendable, Hashable, Codable {
        /// The pressure of the whole mixture.
        public let pressure: Pressure
        /// The mole fraction of the gas; the rest is the competitor.
        public let fraction: Double
        /// The absolute loading of the gas, in mol/kg.
        public let loading: Double
        /// One standard deviation of it.
        public let standardError: Double?
        /// The absolute loading of the competitor, in mol/kg.
        public let competitorLoading: Double
        /// One standard deviation of it.
        public let competitorStandardError: Double?
    }

    /// What the structure is called.
    public let name: String
    /// What became of it.
    public internal(set) var status = Status.ok
    /// Why, in the order in which it was found; what decided stands first.
    public internal(set) var remarks: [Remark] = []
    /// Atoms in a cell.
    public internal(set) var atomCount: Int?
    /// The density in g/cm^3.
    public internal(set) var density: Double?
    /// The hash of the graph of bonds, as 16 hexadecimal digits.
    public internal(set) var graphHash: String?
    /// The largest cavity diameter in Å.
    public internal(set) var largestCavityDiameter: Double?
    /// The pore limiting diameter in Å.
    public internal(set) var poreLimitingDiameter: Double?
    /// The surface in m^2/g, accessible and not.
    public internal(set) var surface: Double?
    /// The accessible surface in m^2/g.
    public internal(set) var accessibleSurface: Double?
    /// The share of the cell for the centre of the probe.
    public internal(set) var voidFraction: Double?
    /// The share of the cell outside of all atoms.
    public internal(set) var pointVoidFraction: Double?
    /// The mean Boltzmann factor of helium at 298 K.
    public internal(set) var heliumVoidFraction: Double?
    /// The Henry coefficient in mol/(kg Pa), with charges where they are used.
    public internal(set) var henryCoefficient: Double?
    /// One standard deviation of it.
    public internal(set) var henryError: Double?
    /// The heat of adsorption at zero loading in kJ/mol, with charges where they are used.
    public internal(set) var heatOfAdsorption: Double?
    /// The Henry coefficient without charges.
    public internal(set) var henryCoefficientWithoutCharges: Double?
    /// The heat of adsorption without charges.
    public internal(set) var heatOfAdsorptionWithoutCharges: Double?
    /// Effective insertions behind the Henry coefficient.
    public internal(set) var effectiveInsertions: Double?
    /// The share of the largest weight among them, 0 to 1.
    public internal(set) var largestWeightShare: Double?
    /// Whether nothing speaks against the Henry coefficients and the loadings.
    public internal(set) var isConverged: Bool?
    /// Loadings, in the order in which they were asked for.
    public internal(set) var uptakes: [Uptake] = []
    /// Another gas at zero loading, where one was asked for.
    public internal(set) var competitor: Competitor?
    /// Loadings of mixtures, in the order of their pressures.
    public internal(set) var mixtureUptakes: [MixtureUptake] = []
    /// The lattice strain of the relaxed cell; nil where the structure was not relaxed.
    public internal(set) var latticeStrain: Double?
    /// The processor time of all tiers in s. It differs from run to run.
    public internal(set) var cpuSeconds = 0.0

    /// The result before anything was found.
    public init(name: String) { self.name = name }

    /// Whether no further tier is to run.
    public var isFinished: Bool { status == .rejected || status == .failed }

    /// All remarks in one line; empty where there are none.
    public var reason: String { remarks.map { "\($0.code): \($0.text)" }.joined(separator: "; ") }

    /// Notes something that does not end the screening of the structure.
    mutating func flag(_ code: String, _ text: String) {
        if status == .ok { status = .flagged }
        remarks.append(Remark(code: code, text: Self.oneLine(text)))
    }

    /// Ends the screening of the structure: the reason stands first.
    mutating func end(_ status: Status, _ code: String, _ text: String) {
        self.status = status
        remarks.insert(Remark(code: code, text: Self.oneLine(text)), at: 0)
    }

    /// Ends the screening of the structure by an error.
    mutating func fail(_ error: any Error) {
        switch error {
        case let error as StructureError:
            end(.failed, error.code.rawValue, (error.line.map { "line \($0): " } ?? "") + error.reason)
        case let error as ForceFieldError: end(.failed, error.code.rawValue, error.description)
        case let error as RelaxationError: end(.failed, error.code.rawValue, error.summary)
        case let error as ChargeEquilibrationError: end(.failed, error.code.rawValue, error.description)
        default: end(.failed, "error", "\(error)")
        }
    }

    /// Ends the screening of the structure where a number has got out of all bounds: rows have no place for it.
    mutating func failWhereNotFinite() {
        for (quantity, name) in Self.quantities {
            guard let value = self[keyPath: quantity], !value.isFinite else { continue }
            self[keyPath: quantity] = nil
            end(.failed, "notFinite", "\(name) is not finite")
        }
        guard let wrong = uptakes.first(where: { !$0.loading.isFinite }) else { return }
        uptakes.removeAll { !$0.loading.isFinite }
        end(.failed, "notFinite", "the loading at \(wrong.pressure) is not finite")
    }

    /// All that is measured, by what it is called in a sentence.
    private static var quantities: [(WritableKeyPath<ScreeningResult, Double?>, String)] {
        [
            (\.density, "the density"), (\.largestCavityDiameter, "the largest cavity diameter"),
            (\.poreLimitingDiameter, "the pore limiting diameter"), (\.surface, "the surface"),
            (\.accessibleSurface, "the accessible surface"), (\.voidFraction, "the void fraction"),
            (\.pointVoidFraction, "the void fraction for a point"),
            (\.heliumVoidFraction, "the void fraction for helium"),
            (\.henryCoefficient, "the Henry coefficient"), (\.henryError, "the error of the Henry coefficient"),
            (\.heatOfAdsorption, "the heat of adsorption"),
            (\.henryCoefficientWithoutCharges, "the Henry coefficient without charges"),
            (\.heatOfAdsorptionWithoutCharges, "the heat of adsorption without charges"),
            (\.effectiveInsertions, "the number of effective insertions"),
            (\.largestWeightShare, "the share of the largest weight"),
        ]
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
