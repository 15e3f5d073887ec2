extension Element {
    /// Pauling's electronegativity, without a unit: A. L. Allred, Journal of Inorganic and Nuclear Chemistry 17 (1961) 215,
    /// DOI 10.1016/0022-1902(61)80142-5, and newer values as in the CRC Handbook of Chemistry and Physics.
    ///
    /// Where there is no value it is 1.2 for lanthanides, 1.3 for actinides and 0 for noble gases.
    public var electronegativity: Double { Self.electronegativities[Int(rawValue) - 1] }

    /// By atomic number: one line for each period, the sixth and the seventh on two.
    private static let electronegativities: [Double] = [
        2.2, 0,
        0.98, 1.57, 2.04, 2.55, 3.04, 3.44, 3.98, 0,
        0.93, 1.31, 1.61, 1.9, 2.19, 2.58, 3.16, 0,
        0.82, 1, 1.36, 1.54, 1.63, 1.66, 1.55, 1.83, 1.88, 1.91, 1.9, 1.65, 1.81, 2.01, 2.18, 2.55, 2.96, 0,
        0.82, 0.95, 1.22, 1.33, 1.6, 2.16, 2.1, 2.2, 2.28, 2.2, 1.93, 1.69, 1.78, 1.96, 2.05, 2.1, 2.66, 2.6,
        0.79, 0.89, 1.1, 1.12, 1.13, 1.14, 1.2, 1.17, 1.2, 1.2, 1.2, 1.22, 1.23, 1.24, 1.25, 1.2,
        1, 1.3, 1.5, 1.7, 1.9, 2.2, 2.2, 2.2, 2.4, 1.9, 1.8, 1.8, 1.9, 2, 2.2, 0,
        0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3,
    ]
}
