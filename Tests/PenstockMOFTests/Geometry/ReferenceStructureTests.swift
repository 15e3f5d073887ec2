import Foundation
import TestSupport
import Testing

@testable import PenstockMOF

/// The reference values.
private enum Reference {
    static let names = ["IRMOF-1", "Cu-BTC", "ZIF-8", "UIO-66", "Mg-DOBDC", "MIL-47"]

    struct File: Decodable {
        var structures: [String: Structure]
    }

    struct Structure: Decodable {
        var fields: [String: Field]
    }

    struct Field: Decodable {
        var value: Double
        var tol: Double
        var kind: String

        func accepts(_ got: Double) -> Bool { abs(got - value) <= tol * (kind == "rel" ? abs(value) : 1) }
    }

    static func fields(_ name: String) throws -> [String: Field] {
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.mof.folder! + "/reference_dev.json"))
        return try #require(JSONDecoder().decode(File.self, from: data).structures[name]).fields
    }
}

/// Real frameworks. Tolerances and values come with the reference data: exact cavities by brute force, windows by percolation on fine grids,
/// surfaces and volumes by Monte Carlo sampling, accessible surfaces by Zeo++ 0.3.
@Suite(.enabled(if: SharedData.mof.folder != nil, "\(SharedData.mof.missing)"))
struct ReferenceStructureTests {
    @Test("the geometry of a known framework is as in the reference", arguments: Reference.names)
    func reference(name: String) throws {
        let fields = try Reference.fields(name)
        let crystal = try SampleData.crystal(name)
        let geometry = try #require(PoreGeometry(coarse: crystal, spacing: crystal.atoms.count < 200 ? 0.3 : 0.5))
        // What chemists know: hexagonal channels along c, three in the cell; rhombic channels, two in the cell; cages with narrow windows.
        switch name {
        case "Mg-DOBDC": #expect(geometry.channels.map(\.dimensionality) == [1, 1, 1])
        case "MIL-47": #expect(geometry.channels.map(\.dimensionality) == [1, 1])
        case "ZIF-8": #expect(geometry.channels.isEmpty && geometry.pockets.count == 2)
        default: #expect(geometry.channels.map(\.dimensionality) == [3])
        }
        let values = [
            "lcd": geometry.largestCavityDiameter, "pld": geometry.poreLimitingDiameter,
            "asa_m2_g": geometry.surfaceSquareMetresPerGram,
            "asa_accessible_m2_g": geometry.accessibleSurfaceSquareMetresPerGram,
            "void_fraction": geometry.voidFraction, "void_fraction_0": geometry.pointProbeVoidFraction,
        ]
        for (field, value) in values.sorted(by: { $0.key < $1.key }) {
            let expected = try #require(fields[field])
            print("\(name), \(field): \(value), reference \(expected.value)")
            #expect(expected.accepts(value), "\(field): \(value), not \(expected.value) within \(expected.tol)")
        }
    }
}
