/// The frames of a dump file of LAMMPS: scaled coordinates of all atoms in their order, in cells of any shape.
struct LAMMPSFrames: Sendable {
    struct Frame: Sendable {
        let cell: UnitCell
        /// Fractional coordinates, not wrapped.
        let positions: [SIMD3<Double>]
    }

    let frames: [Frame]

    /// Reads a file of frames of so many atoms with the columns `id xs ys zs`, sorted.
    /// - Throws: `RelaxationError` where it is no such file.
    init(_ text: String, atoms: Int) throws {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func wrong(_ what: String) -> RelaxationError {
            let line = lines.startIndex + 1
            return RelaxationError(.unreadable, "the frames that LAMMPS has written have \(what) at line \(line)")
        }
        func numbers(_ count: Int) throws -> [Double] {
            guard let line = lines.popFirst() else { throw wrong("no more numbers") }
            let fields = line.split(separator: " ").map { Double($0) }
            guard fields.count == count else { throw wrong("\(fields.count) fields instead of \(count)") }
            return try fields.map { field in
                guard let field else { throw wrong("what is no number") }
                guard field.isFinite else {
                    throw RelaxationError(.notANumber, "LAMMPS has written numbers that are none")
                }
                return field
            }
        }
        func expect(_ beginning: String) throws {
            guard lines.popFirst()?.hasPrefix(beginning) == true else { throw wrong("no '\(beginning)'") }
        }
        var frames: [Frame] = []
        while let first = lines.first, !first.isEmpty {
            try expect("ITEM: TIMESTEP")
            _ = try numbers(1)
            try expect("ITEM: NUMBER OF ATOMS")
            guard try numbers(1)[0] == Double(atoms) else {
                throw RelaxationError(.lostAtoms, "LAMMPS has lost atoms of the framework")
            }
            try expect("ITEM: BOX BOUNDS xy xz yz")
            let (x, y, z) = (try numbers(3), try numbers(3), try numbers(3))
            let cell = try Self.cell(x, y, z)
            try expect("ITEM: ATOMS id xs ys zs")
            var positions: [SIMD3<Double>] = []
            positions.reserveCapacity(atoms)
            for number in 1...atoms {
                let fields = try numbers(4)
                guard fields[0] == Double(number) else { throw wrong("another atom than \(number)") }
                positions.append(SIMD3(fields[1], fields[2], fields[3]))
            }
            frames.append(Frame(cell: cell, positions: positions))
        }
        self.frames = frames
    }

    /// The cell in a box with these bounds: the bounds are those of a box with right angles around it, and the third number of each is a tilt
    /// (xy, xz, yz).
    private static func cell(_ x: [Double], _ y: [Double], _ z: [Double]) throws -> UnitCell {
        let (xy, xz, yz) = (x[2], y[2], z[2])
        let lengthX = (x[1] - max(0, xy, xz, xy + xz)) - (x[0] - min(0, xy, xz, xy + xz))
        let lengthY = (y[1] - max(0, yz)) - (y[0] - min(0, yz))
        let cell = UnitCell(a: SIMD3(lengthX, 0, 0), b: SIMD3(xy, lengthY, 0), c: SIMD3(xz, yz, z[1] - z[0]))
        guard let cell, cell.handedness > 0 else {
            throw RelaxationError(.collapsed, "the cell has collapsed to a plane")
        }
        return cell
    }
}
