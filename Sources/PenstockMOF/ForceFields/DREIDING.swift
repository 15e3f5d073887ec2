extension ForceField {
    /// The distances R0 and depths D0 of table II, as σ = R0 / 2^(1/6) and ε = D0 / kB with 1 kcal/mol = 503.2195 K.
    static let dreidingTable = """
        element,epsilon_over_kB_K,sigma_A
        H,7.649,2.8464
        B,47.806,3.5814
        C,47.856,3.4730
        N,38.949,3.2626
        O,48.158,3.0332
        F,36.483,3.0932
        Na,251.610,2.8010
        Al,155.998,3.9110
        Si,155.998,3.8041
        P,161.030,3.6972
        S,173.108,3.5903
        Cl,142.562,3.5193
        Ca,25.161,3.0932
        Fe,27.677,4.0447
        Zn,27.677,4.0447
        Br,186.191,3.5190
        I,256.642,3.6972
        """
}
