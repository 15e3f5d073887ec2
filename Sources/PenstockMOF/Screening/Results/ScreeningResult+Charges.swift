extension ScreeningResult {
    /// Notes, once, that energies are with equilibrated charges, and whether these can be true.
    mutating func noteEquilibratedCharges(of crystal: Crystal) {
        guard !remarks.contains(where: { $0.code == "chargesEquilibrated" }) else { return }
        flag("chargesEquilibrated", "charges are by charge equilibration (EQeq), not from the file")
        let limit = ChargeEquilibration.largestPlausibleCharge
        let extreme = crystal.atoms.filter { abs($0.charge ?? 0) > limit }
        guard let first = extreme.first, let charge = first.charge else { return }
        flag(
            "extremeEquilibratedCharge",
            "\(extreme.count) of \(crystal.atoms.count) atoms have more than \(limit) e by charge equilibration, such as "
                + "\(first.label) with \(significant(charge, digits: 3)) e")
    }
}
