extension Element {
    /// The radius in Å of the atom as a hard sphere in the geometry of pores.
    ///
    /// The default radii of Zeo++, van der Waals radii of the Cambridge Structural Database; 2 Å where that has none.
    /// Source: T. F. Willems et al., "Algorithms and tools for high-throughput geometry-based analysis of crystalline
    /// porous materials", Microporous Mesoporous Mater. 149 (2012) 134, DOI 10.1016/j.micromeso.2011.08.020.
    public var poreRadius: Double { Self.poreRadii[Int(rawValue) - 1] }

    /// By atomic number: one line for each period, the sixth and the seventh on two.
    private static let poreRadii: [Double] = [
        1.09, 1.4,
        1.82, 2, 2, 1.7, 1.55, 1.52, 1.47, 1.54,
        2.27, 1.73, 2, 2.1, 1.8, 1.8, 1.75, 1.88,
        2.75, 2, 2, 2, 2, 2, 2, 2, 2, 1.63, 1.4, 1.39, 1.87, 2, 1.85, 1.9, 1.85, 2.02,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 1.63, 1.72, 1.58, 1.93, 2.17, 2, 2.06, 1.98, 2.16,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 1.72, 1.66, 1.55, 1.96, 2.02, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 1.86, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    ]
}
