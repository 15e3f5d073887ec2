import TestSupport
import Testing

@testable import PenstockMOF

@Suite struct StructureFolderTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    @Test("files with structures come in natural order, others and hidden ones do not")
    func order() throws {
        for name in ["mof-10.cif", "mof-9.CIF", "b.extxyz", "notes.txt", ".hidden.cif", "a.xyz"] {
            try folder.write("x", to: name)
        }
        let files = try StructureFolder.files(in: folder.path)
        #expect(files.map(\.name) == ["a", "b", "mof-9", "mof-10"])
        #expect(files.map(\.format) == [.extendedXYZ, .extendedXYZ, .cif, .cif])
    }

    @Test("files that differ by their endings only keep them")
    func sameNames() throws {
        try folder.write("x", to: "a.cif")
        try folder.write("x", to: "a.xyz")
        #expect(try StructureFolder.files(in: folder.path).map(\.name) == ["a.cif", "a.xyz"])
    }

    @Test("a folder without structures, and no folder at all, are errors that say so")
    func nothing() throws {
        #expect(throws: ScreeningError.noStructures(folder.path)) { try StructureFolder.files(in: folder.path) }
        #expect(throws: ScreeningError.missingInput(folder("no"))) { try StructureFolder.files(in: folder("no")) }
    }

    @Test("what is not there, or is a folder, is an event that says so")
    func unreadable() throws {
        let gone = StructureFolder.event(.init(path: folder("gone.cif"), name: "gone", format: .cif))
        #expect(!gone.failure.isEmpty && gone.content.isEmpty)
        let itself = StructureFolder.event(.init(path: folder.path, name: "folder", format: .cif))
        #expect(!itself.failure.isEmpty)
    }
}
