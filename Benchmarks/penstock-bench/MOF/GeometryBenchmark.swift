import ArgumentParser
import PenstockBenchmarks
import PenstockMOF

/// The geometry of pores: diameters, surface and void fractions, beside a plain evaluation of the distance field.
struct GeometryBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "geometry", abstract: "Pore diameters, surface and void fractions.",
        discussion: """
            cpu_s is the processor time of the median run, from the atoms of a cell to all figures. The floor takes the distance field \
            at as many points as the grid of the pores has, one after the other, the field made before.
            """)

    @OptionGroup var structures: StructureArguments
    @Option(help: "Runs, of which the median counts.") var runs = 3
    @Flag(help: "Leave the floor out.") var bare = false
    @Flag(help: "Print JSON, one object for each structure.") var json = false

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs takes 1 to 1000") }
    }

    func run() throws {
        for crystal in try structures.crystals() {
            var seconds: [Double] = []
            var measured: (map: PoreMap, pores: PoreGeometry)?
            for _ in 0..<runs {
                let start = ProcessorTime.processNanoseconds
                measured = PoreMap(of: crystal).map { ($0, PoreGeometry(of: crystal, map: $0)) }
                seconds.append((ProcessorTime.processNanoseconds - start) * 1e-9)
            }
            guard let (map, pores) = measured else { continue }
            seconds.sort()
            var figures = FigureList()
            figures.add("structure", crystal.name)
            figures.add("atoms", Double(crystal.atoms.count))
            figures.add("lcd_angstrom", pores.largestCavityDiameter)
            figures.add("pld_angstrom", pores.poreLimitingDiameter)
            figures.add("surface_m2_g", pores.surfaceSquareMetresPerGram)
            figures.add("accessible_surface_m2_g", pores.accessibleSurfaceSquareMetresPerGram)
            figures.add("void_fraction", pores.voidFraction)
            figures.add("cpu_s", seconds[runs / 2])
            if !bare {
                let floor = floorSeconds(crystal, map)
                figures.add("grid_points", Double(map.gridPointCount))
                figures.add("floor_cpu_s", floor)
                figures.add("floor_ratio", seconds[runs / 2] / floor)
            }
            figures.print(json: json)
        }
    }

    /// Processor time of the distance field at as many points as the map has, spread evenly over the cell, in the order of memory.
    private func floorSeconds(_ crystal: Crystal, _ map: PoreMap) -> Double {
        let counts = map.gridCounts
        let steps = SIMD3(Double(counts.x), Double(counts.y), Double(counts.z))
        let start = ProcessorTime.processNanoseconds
        var deepest = Double.infinity
        for x in 0..<counts.x {
            for y in 0..<counts.y {
                for z in 0..<counts.z {
                    let place = crystal.cell.cartesian(SIMD3(Double(x), Double(y), Double(z)) / steps)
                    deepest = min(deepest, map.field.distance(at: place))
                }
            }
        }
        precondition(deepest.isFinite, "a crystal with atoms has a distance everywhere")
        return (ProcessorTime.processNanoseconds - start) * 1e-9
    }
}
