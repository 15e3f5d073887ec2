/// The Lennard-Jones parameters of a framework's elements.
///
/// As a file it is a table of comma-separated values with a header; the columns `element`, `epsilon_over_kB_K` and `sigma_A` are needed in
/// any order, others are ignored, and lines that start with `#` are comments:
///
///     element,epsilon_over_kB_K,sigma_A
///     H,22.14,2.57
public struct ForceField: Sendable, Hashable {
    /// What it is called in results and messages.
    public let name: String
    /// The parameters by element.
    public let parameters: [Element: LennardJones]

    /// A force field of given parameters.
    public init(name: String, parameters: [Element: LennardJones]) {
        (self.name, self.parameters) = (name, parameters)
    }

    /// The force field in the text of a file.
    /// - Parameter name: What it is called; messages begin with it, so the file's name is a good choice.
    /// - Throws: `ForceFieldError` with the line, where the text is not a table of such parameters.
    public init(parsing text: String, name: String) throws(ForceFieldError) {
        let table = try ParameterTable(
            parsing: text, source: name, requiring: ["element", "epsilon_over_kB_K", "sigma_A"])
        var parameters: [Element: LennardJones] = [:]
        for row in table.rows {
            let symbol = table.text("element", row)
            guard let element = Element(symbol: symbol) else {
                throw ForceFieldError(.unknownElement, in: name, line: row.line, "'\(symbol)' is not an element")
            }
            guard parameters[element] == nil else {
                throw ForceFieldError(
                    .duplicateElement, in: name, line: row.line, "\(symbol) has parameters already; remove one of them")
            }
            parameters[element] = LennardJones(
                epsilonKelvin: try table.number("epsilon_over_kB_K", row, atLeast: 0),
                sigma: try table.number("sigma_A", row, atLeast: 0))
        }
        self.init(name: name, parameters: parameters)
    }

    /// The parameters of an element.
    /// - Throws: `ForceFieldError` where it has none.
    public func parameters(of element: Element) throws(ForceFieldError) -> LennardJones {
        guard let found = parameters[element] else {
            throw ForceFieldError(
                .missingElement, in: name,
                "there are no parameters for \(element); add a row for it or use another field")
        }
        return found
    }

    /// The universal force field for all elements up to lawrencium: A. K. Rappé et al., J. Am. Chem. Soc. 1992, 114, 10024,
    /// DOI 10.1021/ja00051a040.
    public static let uff = bundled(uffTable, name: "UFF")

    /// DREIDING for the main-group elements and metals that it has: S. L. Mayo, B. D. Olafson, W. A. Goddard III, J. Phys. Chem. 1990,
    /// 94, 8897, DOI 10.1021/j100389a010.
    public static let dreiding = bundled(dreidingTable, name: "DREIDING")

    /// DREIDING, and UFF for the elements that it has not: most metals of frameworks.
    public static let dreidingWithUFF = dreiding.filled(from: uff)

    /// This field with the parameters of another for the elements that it has none of; its name is both names.
    public func filled(from other: ForceField) -> ForceField {
        ForceField(
            name: "\(name) with \(other.name)", parameters: parameters.merging(other.parameters) { own, _ in own })
    }

    private static func bundled(_ text: String, name: String) -> ForceField {
        do { return try ForceField(parsing: text, name: name) } catch { preconditionFailure("\(error)") }
    }
}
