import Penstock
import PenstockMOF

@main struct MOFTemplate: Pipeline {
    static let abstract = "Screen crystal structures for carbon dioxide, from a folder of CIF files to a table."
    static let verbs: [any ParsableCommand.Type] = [ExampleStructures.self]

    @Option(help: "The folder of the structures: files that end in .cif.") var input = "structures"
    @Option(help: "The table: a CSV file.") var output = "results.csv"
    @Option(parsing: .unconditional, help: "The pore limiting diameter in Å that a structure must have.") var minPld =
        3.3
    @Option(parsing: .unconditional, help: "The temperature in K.") var temperature = 298.0
    @Option(parsing: .unconditional, help: "Widom insertions in a structure.") var insertions = 5000
    @Option(help: "Structures that are screened at a time; never changes a result.") var workers = 4

    func validate() throws {
        guard (1...10_000).contains(temperature) else {
            throw ValidationError("--temperature takes kelvins, from 1 to 10000, not \(temperature)")
        }
        guard (100...1_000_000_000).contains(insertions) else {
            throw ValidationError("--insertions must lie between 100 and 1000000000, not at \(insertions)")
        }
        guard (1...1024).contains(workers) else {
            throw ValidationError("--workers must lie between 1 and 1024, not at \(workers)")
        }
    }

    // A submitted run keeps the checksums of these.
    var filesRead: KeyValuePairs<String, String?> { ["input": input] }
    var filesMade: KeyValuePairs<String, String?> { ["output": output] }

    var body: some Dataflow {
        let workers = ScreeningWorkers(workers)
        let table = ScreeningTable()
        let structures = Flow("structures") {
            From(StructureFolder(input))
            Persist(topic: "structures")  // from here on everything can be replayed
        }
        let porous = Self.porous(structures, minPld: minPld, by: workers)
        let energies = WidomTier(AdsorptionConditions(temperatureKelvin: temperature), insertions: insertions)
        Flow("table") {
            porous
            // What was computed is remembered: another run with the same parameters computes nothing again.
            workers.stage(energies, rememberedIn: "widom").named("widom")
            To(CSVOutput(output, columns: table.names) { (candidate: Candidate) in table.csv(candidate.result) })
        }
    }

    /// What a run or a replay says at its end.
    func report(_ record: RunRecord) -> [String] {
        ["the table is \(output), the structures are in the log \(record.log ?? "")"]
    }

    /// The structures with their pores; what is out already has the reason in its row, and costs nothing behind it.
    ///
    /// A function, so that tests can give it structures of their own, and no log to remember anything in.
    static func porous(
        _ structures: Flow<Stream<StructureFile>>, minPld: Double, by workers: ScreeningWorkers, remembers: Bool = true
    ) -> Flow<Stream<Candidate>> {
        var limits = ScreeningThresholds()
        limits.poreLimitingDiameter = minPld
        return Flow("pores") { [limits] in
            structures
            workers.firstStage(ValidityTier(), rememberedIn: remembers ? "validity" : nil).named("validity")
            workers.stage(PoreTier(seed: 1), rememberedIn: remembers ? "pores" : nil).named("pores")
            Map { (candidate: Candidate) in limits.applied(to: candidate) }.named("worth energies")
        }
    }
}
