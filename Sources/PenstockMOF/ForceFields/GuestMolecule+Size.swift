extension GuestMolecule {
    /// The kinetic diameter in Å, by which molecular sieves tell gases apart; nil for molecules that are not of this module's table.
    ///
    /// D. W. Breck, "Zeolite Molecular Sieves", Wiley 1974: what passes a window has a smaller one.
    public var kineticDiameter: Double? { Self.kineticDiameters[name.uppercased()] }

    private static let kineticDiameters = ["CO2": 3.3, "N2": 3.64, "CH4": 3.8, "H2O": 2.65, "HE": 2.6]
}
