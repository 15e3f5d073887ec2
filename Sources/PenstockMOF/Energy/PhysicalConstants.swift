/// Constants of nature in the units of this module: Å, K and e (CODATA 2018; the first two are exact).
public enum PhysicalConstants {
    /// The gas constant R in J/(mol K).
    public static let gas = 8.314462618
    /// Avogadro's number in 1/mol.
    public static let avogadro = 6.02214076e23
    /// e^2 / (4 π ε0 kB), the energy of two elementary charges at 1 Å, in K.
    public static let coulomb = 167_100.947
    /// How many Pa Å^3 one kB K is.
    public static let pascalCubicAngstromPerKelvin = 1.380649e-23 * 1e30
    /// How many kJ/mol one K is.
    public static let kilojoulesPerMolePerKelvin = gas / 1000
}
