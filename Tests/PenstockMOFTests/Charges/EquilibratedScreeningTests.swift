import PenstockEvents
import Testing

@testable import PenstockMOF

@Suite struct EquilibratedScreeningTests {
    private func conditions(_ guest: GuestMolecule, _ charges: ChargeUse = .eqeq) -> AdsorptionConditions {
        AdsorptionConditions(guest: guest, charges: charges)
    }

    private func screened(_ text: String, _ guest: GuestMolecule, _ charges: ChargeUse = .eqeq) -> ScreeningResult {
        Candidate(SmallStructures.file("small", text)).screened(by: ValidityTier()).screened(
            by: WidomTier(conditions(guest, charges), insertions: 400)
        ).screened(by: CompetitorTier(conditions(.nitrogen, charges), insertions: 400)).result
    }

    private func codes(_ result: ScreeningResult) -> [String] { result.remarks.map(\.code) }

    @Test("charges of the file do not count, and the row says so once")
    func insteadOfTheFile() {
        let (bare, charged) = (SmallStructures.cif(), SmallStructures.cif(charge: 0.4))
        let result = screened(bare, .carbonDioxide)
        #expect(result.henryCoefficient == screened(charged, .carbonDioxide).henryCoefficient)
        #expect(result.henryCoefficient != result.henryCoefficientWithoutCharges)
        #expect(result.henryCoefficient != screened(charged, .carbonDioxide, .auto).henryCoefficient)
        #expect(result.status == .flagged && codes(result).count { $0 == "chargesEquilibrated" } == 1)
        #expect(!codes(screened(charged, .carbonDioxide, .auto)).contains("chargesEquilibrated"))
    }

    @Test("a gas that feels no charges needs none, until another one is compared with it")
    func withoutNeed() {
        let helium = SmallStructures.cif(other: "He")
        let methane = Candidate(SmallStructures.file("small", helium)).screened(
            by: WidomTier(conditions(.methane), insertions: 400)
        ).result
        #expect(methane.status == .flagged || methane.status == .ok)
        #expect(methane.henryCoefficient != nil && !codes(methane).contains("chargesEquilibrated"))
        #expect(codes(screened(SmallStructures.cif(), .methane)).contains("chargesEquilibrated"))
    }

    @Test("an element without data fails the structure with its symbol and what to do")
    func missingElement() {
        let result = screened(SmallStructures.cif(other: "He"), .carbonDioxide)
        #expect(result.status == .failed && result.remarks.first?.code == "chargeDataMissing")
        #expect(result.reason.contains("charge equilibration of He") && result.reason.contains("--charges none"))
        #expect(result.atomCount == 2 && result.henryCoefficient == nil)
    }

    @Test("charges of more than 3 e are flagged")
    func extreme() {
        var result = ScreeningResult(name: "small")
        let crystal = TestCrystals.crystal(
            TestCrystals.skewed.cell, [("Zr", SIMD3(0, 0, 0), 3.214), ("O", SIMD3(0.5, 0.5, 0.5), -3.214)])
        result.noteEquilibratedCharges(of: crystal)
        #expect(codes(result) == ["chargesEquilibrated", "extremeEquilibratedCharge"])
        #expect(result.reason.contains("2 of 2 atoms") && result.reason.contains("Zr with 3.21 e"))
    }

    @Test("another use of charges is another identity, so that nothing is remembered from one for the other")
    func identity() {
        let identities = ChargeUse.allCases.map { conditions(.carbonDioxide, $0).identity }
        #expect(Set(identities).count == ChargeUse.allCases.count)
    }
}
