import Foundation
import Penstock
import TestSupport
import Testing

@testable import PenstockMOF

@Suite("Relaxation with LAMMPS") struct RelaxationTests {
    static let lammps: String? = ["/usr/bin/lmp", "/usr/local/bin/lmp"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    static let missing: Comment = "LAMMPS is not installed (apt-get install lammps)"

    /// Diamond, eight atoms in a cube.
    private func diamond(edge: Double = 3.567, name: String = "diamond") throws -> Crystal {
        let face = [SIMD3(0, 0, 0), SIMD3(0, 0.5, 0.5), SIMD3(0.5, 0, 0.5), SIMD3(0.5, 0.5, 0)]
        let places = face + face.map { $0 + 0.25 }
        let cell = try #require(
            UnitCell(a: SIMD3(edge, 0, 0), b: SIMD3(0, edge, 0), c: SIMD3(0, 0, edge)))
        return Crystal(
            name: name, cell: cell, atoms: places.map { Atom(element: .carbon, label: "C", position: $0) })
    }

    /// UFF without what is not bonded, so that the minimum can be told by hand.
    private var bondedOnly: FrameworkRelaxation.Model {
        var model = FrameworkRelaxation.Model()
        model.forceField = ForceField(
            name: "none", parameters: [.carbon: LennardJones(epsilonKelvin: 0, sigma: 3)])
        return model
    }

    /// A program of the shell in the place of LAMMPS.
    private func pretending(_ script: String, timeLimit: Duration = .seconds(60)) throws -> (
        ExternalProgram, TestFolder
    ) {
        let folder = try TestFolder()
        let path = try folder.write("#!/bin/sh\n\(script)\n", to: "lmp")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return (
            FrameworkRelaxation.lammps(
                path, timeLimit: timeLimit, folders: WorkingFolders(in: folder.path)), folder
        )
    }

    private func failure(_ script: String, timeLimit: Duration = .seconds(60)) async throws -> RelaxationError {
        let (program, folder) = try pretending(script, timeLimit: timeLimit)
        defer { #expect(folder.names() == ["lmp"]) }
        do {
            _ = try await FrameworkRelaxation(program).relax(diamond())
        } catch let error as RelaxationError {
            return error
        }
        throw ChildFailure("there was no error")
    }

    @Test("the terms of diamond: four bonds and six angles at each atom, counted by hand")
    func terms() throws {
        let framework = try #require(BondedFramework(diamond()))
        #expect(framework.cells == SIMD3(4, 4, 4))
        #expect(framework.bonds.count == 512 * 4 / 2 && framework.angles.count == 512 * 6)
        #expect(framework.inversions.isEmpty)
        #expect(framework.bonds.allSatisfy { abs($0.length - 1.514) < 1e-9 })
        #expect(framework.angles.allSatisfy { abs($0.degrees - 109.4712) < 1e-4 })
    }

    @Test("what goes wrong with LAMMPS is told by its kind, and leaves nothing behind")
    func failures() async throws {
        let lost = "echo 'ERROR: Lost atoms: original 512 current 510 (src/thermo.cpp:438)'; echo MPI_ABORT >&2; exit 1"
        let error = try await failure(lost)
        #expect(error.code == .lostAtoms)
        #expect(error.summary == "atoms have flown apart; LAMMPS says ERROR: Lost atoms: original 512 current 510")
        for (script, code) in [
            (
                "echo 'ERROR on proc 0: Bond atoms 3 7 missing on proc 0 at step 5'; exit 1",
                RelaxationError.Code.lostAtoms
            ),
            ("echo 'ERROR: Non-numeric pressure - simulation unstable'; exit 1", .notANumber),
            ("kill -FPE $$", .notANumber), ("kill -SEGV $$", .refused),
            ("echo 'ERROR: Unknown pair style lj/kut (src/force.cpp:12)'; exit 1", .refused), ("true", .unreadable),
            ("echo rubbish > frames.dump", .unreadable),
            ("head -c 100000 /dev/urandom > frames.dump", .unreadable),
        ] {
            #expect(try await failure(script).code == code)
        }
        #expect(try await failure("sleep 1000", timeLimit: .milliseconds(200)).code == .timedOut)
        do {
            _ = try await FrameworkRelaxation(FrameworkRelaxation.lammps("no-such-lmp")).relax(diamond())
        } catch let error as RelaxationError {
            #expect(error.code == .unavailable && error.hint?.contains("apt-get install lammps") == true)
        }
    }

    @Test("frames with too few atoms, numbers that are none, and a cell that is flat are told apart")
    func frames() throws {
        func code(_ text: String) -> RelaxationError.Code? {
            do { _ = try LAMMPSFrames(text, atoms: 1) } catch { return (error as? RelaxationError)?.code }
            return nil
        }
        func frame(count: Int = 1, x: String = "-1 10 2", z: String = "0 10 0", place: String = "1 0.5 0.25 1.5")
            -> String
        {
            """
            ITEM: TIMESTEP
            0
            ITEM: NUMBER OF ATOMS
            \(count)
            ITEM: BOX BOUNDS xy xz yz pp pp pp
            \(x)
            0 12 -1
            \(z)
            ITEM: ATOMS id xs ys zs
            \(place)

            """
        }
        let read = try LAMMPSFrames(frame() + frame(), atoms: 1)
        #expect(read.frames.count == 2)
        let first = try #require(read.frames.first)
        // The bounds hold the tilts: x from -1 + min(0, 2, -1, 1), y from 0 + min(0, 0).
        #expect(first.positions == [SIMD3(0.5, 0.25, 1.5)])
        #expect(code(frame(count: 2)) == .lostAtoms)
        #expect(code(frame(place: "1 nan 0 0")) == .notANumber)
        #expect(code(frame(z: "0 0 0")) == .collapsed)
        #expect(code(frame(place: "2 0 0 0")) == .unreadable)
        #expect(code(String(frame().dropLast(10))) == .unreadable)
    }

    @Test("bounds of a skewed box are the box with the reach of its tilts (LAMMPS manual, 8.2.2)")
    func bounds() throws {
        // lx = 10, ly = 12, lz = 14, xy = 2, xz = -1, yz = -3: xlo_bound = min(0, 2, -1, 1), xhi_bound = 10 + max(0, 2, -1, 1),
        // ylo_bound = -3, yhi_bound = 12.
        let text = """
            ITEM: TIMESTEP
            0
            ITEM: NUMBER OF ATOMS
            1
            ITEM: BOX BOUNDS xy xz yz pp pp pp
            -1 12 2
            -3 12 -1
            0 14 -3
            ITEM: ATOMS id xs ys zs
            1 0 0 0

            """
        let cell = try #require(try LAMMPSFrames(text, atoms: 1).frames.first).cell
        #expect(cell.a == SIMD3(10, 0, 0) && cell.b == SIMD3(2, 12, 0) && cell.c == SIMD3(-1, -3, 14))
    }

    @Test("a structure with nothing bonded, or with too many atoms, is not even tried")
    func refused() async throws {
        let relaxation = FrameworkRelaxation(FrameworkRelaxation.lammps("no-such-lmp"))
        for (edge, code) in [(30.0, RelaxationError.Code.noTerms), (0.5, .tooManyAtoms)] {
            do {
                _ = try await relaxation.relax(diamond(edge: edge))
                Issue.record("nothing was wrong")
            } catch let error as RelaxationError {
                #expect(error.code == code)
            }
        }
    }

    @Test("diamond of bonds and angles alone shrinks to UFF's natural length", .enabled(if: lammps != nil, missing))
    func diamond() async throws {
        let relaxation = FrameworkRelaxation(FrameworkRelaxation.lammps(Self.lammps!), model: bondedOnly)
        let relaxed = try await relaxation.relax(diamond())
        // The edge of the cube is 4/sqrt(3) bonds of 1.514 Å.
        let edge = 4 / 3.0.squareRoot() * 1.514
        for length in [relaxed.crystal.cell.lengths.x, relaxed.crystal.cell.lengths.y, relaxed.crystal.cell.lengths.z] {
            #expect(abs(length - 4 * edge) < 0.002)
        }
        #expect(abs(relaxed.strain.value - (3.567 / edge - 1)) < 1e-4)
        #expect(relaxed.crystal.atoms.count == 512 && relaxed.boxes.count == 6)
        #expect(try await relaxation.relax(diamond()) == relaxed, "the same again, bit by bit")
    }

    @Test("dynamics come from the seed and the name", .enabled(if: lammps != nil, missing))
    func dynamics() async throws {
        var model = FrameworkRelaxation.Model()
        model.rounds = 2
        func run(_ seed: UInt64, _ name: String) async throws -> RelaxedFramework {
            model.dynamics = FrameworkRelaxation.Dynamics(steps: 50, seed: seed)
            return try await FrameworkRelaxation(FrameworkRelaxation.lammps(Self.lammps!), model: model)
                .relax(diamond(name: name))
        }
        let first = try await run(1, "one")
        #expect(first.boxes.count == 4)
        #expect(try await run(1, "one") == first)
        #expect(try await run(2, "one").crystal.atoms != first.crystal.atoms)
        #expect(try await run(1, "two").crystal.atoms != first.crystal.atoms)
    }

    @Test(
        "real frameworks keep their cells within some per cent",
        .enabled(if: lammps != nil && SharedData.mof.folder != nil, "LAMMPS or the sample structures are not here"),
        arguments: ["IRMOF-1", "Cu-BTC", "ZIF-8"])
    func frameworks(_ name: String) async throws {
        let relaxed = try await FrameworkRelaxation(FrameworkRelaxation.lammps(Self.lammps!))
            .relax(SampleData.crystal(name))
        // Found: 0.012, 0.042 and 0.075; ZIF-8 has no torsions to hold its linkers.
        #expect(relaxed.strain.value < 0.1)
        #expect((0.85...1.1).contains(relaxed.volumeRatio))
    }
}
