import PenstockFormats
import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct SymmetryTests {
    @Test(
        "operators are read in all the ways in which they are written",
        arguments: [
            "-x+1/2, y, 0.5-z", "1/2-X,Y,1/2-Z", " .5 - x , +y,-z+.50 ", "-1*x+1/2,1y,-z-1/2", "-x+0.5,y,-z+3/2",
        ])
    func operators(_ text: String) throws {
        let symmetry = try #require(SymmetryOperator(text))
        let image = symmetry.image(of: SIMD3(0.1, 0.2, 0.3))
        let apart = image - SIMD3(0.4, 0.2, 0.2)
        #expect((apart * apart).sum() < 1e-24)
    }

    @Test("a third that was rounded is a third")
    func thirds() {
        #expect(SymmetryOperator("x+0.3333,y+.667,z+.16667") == SymmetryOperator("x+1/3,y+2/3,z+1/6"))
    }

    @Test(
        "what is no operator is refused",
        arguments: [
            "", "x,y", "x,y,z,x", "x,y,", "x,x,z", "x+y,y,2z", "x,y,w", "x,y,1/0+z", "x y,y,z", "x,y,z+", "x,y,1.2.3+z",
        ])
    func wrong(_ text: String) {
        #expect(SymmetryOperator(text) == nil)
    }

    @Test("all 530 settings of the space groups have the operators of spglib's database")
    func spaceGroups() {
        // The sum was made in Python from spglib 2.6, get_symmetry_from_database(1...530), 7388 operators, translations in 24ths:
        // s = setting; s = (31 s + v) mod 2^61-1 for the nine entries plus 1 and the three translations; all s are added.
        let prime: UInt64 = (1 << 61) - 1
        var (total, count): (UInt64, Int) = (0, 0)
        for (place, setting) in SpaceGroupSetting.all.enumerated() {
            for symmetry in HallSymbol(setting.hall)?.operators ?? [] {
                let entries = [symmetry.x, symmetry.y, symmetry.z].flatMap { [$0.x + 1, $0.y + 1, $0.z + 1] }
                let shifts = (0..<3).map { (symmetry.translation[$0] * 24).rounded() }
                let sum = (entries + shifts).reduce(UInt64(place + 1)) { sum, entry in
                    let (quotient, remainder) = prime.dividingFullWidth(sum.multipliedFullWidth(by: 31))
                    _ = quotient
                    return (remainder + UInt64(entry)) % prime
                }
                total = (total + sum) % prime
                count += 1
            }
        }
        #expect(SpaceGroupSetting.all.count == 530 && count == 7388)
        #expect(total == 2_255_133_121_438_450_772)
    }

    @Test("wrong Hall symbols are refused", arguments: ["", "Z 2", "P 5", "P 2q", "-", "P 3*2*", "P 2'(x,y,z)"])
    func wrongHall(_ symbol: String) {
        #expect(HallSymbol(symbol) == nil)
    }

    @Test(
        "the operators that files list are those of the groups that they name",
        .enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
    func listed() throws {
        var compared = 0
        for row in try SampleData.rows("cif_index.csv") {
            let document = try CIFDocument(opening: SharedData.mof.folder! + "/cif/" + row["file"]!)
            let block = document.blocks[0]
            let loop = try #require(block.loop(with: "_symmetry_equiv_pos_as_xyz"))
            let column = try #require(loop.column("_symmetry_equiv_pos_as_xyz"))
            let listed = Set((0..<loop.rowCount).compactMap { SymmetryOperator(loop[$0, column].text) })
            let cell = try SampleData.crystal(String(row["file"]!.dropLast(4))).cell
            guard let generated = SpaceGroupNames(block).operators(in: cell), listed.count > 1 else { continue }
            let isSame = Set(generated) == listed
            #expect(isSame, "\(row["file"]!)")
            compared += 1
        }
        #expect(compared >= 20)
    }
}
