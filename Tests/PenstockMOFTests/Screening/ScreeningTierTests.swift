import Foundation
import PenstockEvents
import PenstockMOF
import Testing

@Suite struct ScreeningTierTests {
    private let conditions = AdsorptionConditions(guest: .carbonDioxide)

    private func screened(_ candidate: Candidate, insertions: Int = 400, _ conditions: AdsorptionConditions? = nil)
        -> Candidate
    {
        candidate.screened(by: ValidityTier()).screened(by: PoreTier(pointsPerAtom: 100, seed: 1)).screened(
            by: WidomTier(conditions ?? self.conditions, insertions: insertions))
    }

    @Test("all tiers fill in the row of a structure, and without charges both Henry coefficients are one")
    func row() throws {
        let result = screened(Candidate(SmallStructures.file("small", SmallStructures.cif()))).result
        #expect(result.atomCount == 2)
        // (65.38 + 15.999) g/mol in 6.5^3 Å^3.
        #expect(abs(try #require(result.density) - 81.379 / (0.602214076 * 274.625)) < 1e-3)
        #expect(result.status == .flagged)
        #expect(result.henryCoefficient == result.henryCoefficientWithoutCharges)
        #expect(result.heatOfAdsorption == result.heatOfAdsorptionWithoutCharges)
        let total = try #require(result.surface)
        #expect(total >= (try #require(result.accessibleSurface)))
        #expect(try #require(result.poreLimitingDiameter) <= (try #require(result.largestCavityDiameter)))
        #expect(try #require(result.voidFraction) <= (try #require(result.pointVoidFraction)))
        #expect(result.isConverged != nil && result.cpuSeconds > 0)
    }

    @Test("charges change the Henry coefficient, and --charges none takes no notice of them")
    func charges() throws {
        let file = SmallStructures.file("charged", SmallStructures.cif(charge: 0.4))
        let charged = screened(Candidate(file)).result
        #expect(charged.henryCoefficient != charged.henryCoefficientWithoutCharges)
        var without = conditions
        without.charges = .none
        let plain = screened(Candidate(file), without).result
        #expect(plain.henryCoefficient == charged.henryCoefficientWithoutCharges)
        var needed = conditions
        needed.charges = .cif
        let result = screened(Candidate(SmallStructures.file("bare", SmallStructures.cif())), needed).result
        #expect(result.status == .rejected && result.remarks.first?.code == "chargesMissing")
        #expect(result.largestCavityDiameter != nil && result.henryCoefficient == nil)
    }

    @Test("a file that is no structure fails with the code of its error, and later tiers leave it alone")
    func unreadable() {
        for text in ["", "data_x\nloop_\n_atom_site_fract_x\n0.1\n"] {
            let result = screened(Candidate(SmallStructures.file("bad", text))).result
            #expect(result.status == .failed, "\(text)")
            #expect(!result.remarks.isEmpty && result.atomCount == nil && result.henryCoefficient == nil)
        }
        let lost = StructureFile(name: "lost", format: .cif, content: .empty, failure: "no permission")
        let result = Candidate(lost).screened(by: ValidityTier()).result
        #expect(result.reason == "notReadable: no permission" && result.status == .failed)
    }

    @Test("a force field without an element fails the structure, whose pores stay in its row")
    func missingElement() throws {
        let field = try ForceField(parsing: "element,epsilon_over_kB_K,sigma_A\nO,30,3.1\n", name: "short.csv")
        let result = screened(
            Candidate(SmallStructures.file("small", SmallStructures.cif())),
            AdsorptionConditions(forceField: .success(field))
        ).result
        #expect(result.status == .failed)
        #expect(result.remarks.first?.code == "missingElement")
        #expect(result.reason.contains("Zn") && result.reason.contains("short.csv"))
        #expect(result.largestCavityDiameter != nil)
    }

    @Test("a crystal without room has zeros and no NaN, and is flagged")
    func dense() throws {
        let result = screened(Candidate(SmallStructures.file("copper", SmallStructures.copper))).result
        try #require(result.status == .flagged, "\(result.reason)")
        #expect(result.poreLimitingDiameter != nil && result.henryCoefficient == 0 && result.heatOfAdsorption == nil)
        #expect(result.isConverged == false && result.remarks.contains { $0.code == "noAccessibleVolume" })
        let row = ScreeningTable().json(result)
        #expect(!row.lowercased().contains("nan") && !row.contains("inf"))
    }

    @Test("a threshold rejects before the next tier, and says by how much")
    func thresholds() throws {
        let first = Candidate(SmallStructures.file("small", SmallStructures.cif())).screened(by: ValidityTier())
            .screened(by: PoreTier(pointsPerAtom: 100, seed: 1))
        var limits = ScreeningThresholds()
        #expect(limits.applied(to: first).digest == first.digest)
        limits.poreLimitingDiameter = 20
        let out = limits.applied(to: first)
        #expect(out.result.status == .rejected && out.result.reason.hasPrefix("belowMinPLD: "))
        #expect(out.digest != first.digest)
        #expect(out.screened(by: WidomTier(conditions, insertions: 100)).result.henryCoefficient == nil)
    }

    @Test("the digest changes with bytes, name and parameters, and not with the time it took")
    func digests() {
        let file = SmallStructures.file("small", SmallStructures.cif())
        let one = Candidate(file).screened(by: ValidityTier())
        #expect(one.digest == Candidate(file).screened(by: ValidityTier()).digest)
        #expect(
            one.digest
                != Candidate(SmallStructures.file("other", SmallStructures.cif())).screened(by: ValidityTier()).digest)
        #expect(
            one.digest
                != Candidate(SmallStructures.file("small", SmallStructures.cif(edge: 6.6))).screened(by: ValidityTier())
                .digest)
        #expect(PoreTier(seed: 1).identity != PoreTier(seed: 2).identity)
        let dreiding = AdsorptionConditions(forceField: .success(.dreiding))
        #expect(WidomTier(conditions, insertions: 100).identity != WidomTier(dreiding, insertions: 100).identity)
        #expect(WidomTier(conditions, insertions: 100).identity != WidomTier(conditions, insertions: 101).identity)
    }

    @Test("loadings at low pressure are the Henry coefficient times the pressure")
    func uptake() throws {
        let pressure = try #require(Pressure("0.01bar"))
        let candidate = screened(
            Candidate(SmallStructures.file("small", SmallStructures.cif(edge: 8))), insertions: 4000
        )
        .screened(by: UptakeTier(conditions, pressures: [pressure], cycles: 300))
        let loading = try #require(candidate.result.uptakes.first)
        let henry = try #require(candidate.result.henryCoefficient) * pressure.pascal
        let error = 4 * (loading.standardError ?? 0) + 0.1 * henry
        #expect(abs(loading.loading - henry) < error, "\(loading.loading) and \(henry)")
        #expect(!candidate.result.remarks.contains { $0.code == "henryMismatch" })
        // With the coefficient of another temperature they do not fit together.
        let hot = AdsorptionConditions(temperatureKelvin: 900, seed: 1)
        let other = Candidate(SmallStructures.file("small", SmallStructures.cif(edge: 8))).screened(by: ValidityTier())
            .screened(by: WidomTier(hot, insertions: 4000))
            .screened(by: UptakeTier(conditions, pressures: [pressure], cycles: 300))
        #expect(other.result.remarks.contains { $0.code == "henryMismatch" } && other.result.isConverged == false)
    }

    @Test("charges that raise the Henry coefficient more than a thousandfold are flagged, however well it was sampled")
    func dominantCharges() throws {
        func result(_ charge: Double) -> ScreeningResult {
            Candidate(SmallStructures.file("small", SmallStructures.cif(edge: 8, charge: charge)))
                .screened(by: ValidityTier()).screened(by: WidomTier(conditions, insertions: 4000)).result
        }
        func ratio(_ result: ScreeningResult) throws -> Double {
            try #require(result.henryCoefficient) / #require(result.henryCoefficientWithoutCharges)
        }
        let (strong, weak) = (result(1.2), result(0.05))
        #expect(try ratio(strong) > 1000 && ratio(weak) < 1000)
        #expect(strong.remarks.contains { $0.code == "chargesDominate" } && strong.isConverged == false)
        #expect(!weak.remarks.contains { $0.code == "chargesDominate" })
    }

    @Test("a candidate comes back from its record as it was")
    func record() throws {
        let candidate = screened(Candidate(SmallStructures.file("small", SmallStructures.cif(charge: 0.3))))
        var records = RecordWriter(expectedRecords: 1)
        records.append(candidate)
        let payload = records.payloads[0]
        let back = try records.attributes.withUnsafeBytes { bytes in
            var reader = RecordReader(attributes: bytes, payload: payload)
            return try Candidate(reading: &reader)
        }
        #expect(back.result == candidate.result && back.digest == candidate.digest)
        #expect(back.file.name == "small" && back.file.content.count == candidate.file.content.count)
    }
}
