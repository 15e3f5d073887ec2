import Penstock
import PenstockMOF

@main struct MOFScreening: Pipeline {
    static let abstract =
        "Screen crystal structures for the adsorption of a gas, in tiers, from a folder to a ranked table."

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Work") var work: WorkOptions

    var body: some Dataflow {
        let workers = ScreeningWorkers(work.workers)
        let table = ScreeningTable(pressures: model.pressures, showsProcessorTime: output.cpuTimes)
        let limits = thresholds.limits
        let structures = Flow("structures") {
            From(StructureFolder(input.input))
            Persist(topic: "structures")  // from here on everything can be replayed
        }
        let screened = Flow("screening") {
            structures
            workers.firstStage(ValidityTier(), rememberedIn: "validity").named("validity")
            KeyBy { (candidate: Candidate) in Duplicates.key(candidate) }
            Process(Duplicates(input.duplicates)).named("duplicates")
            workers.stage(PoreTier(seed: model.seed), rememberedIn: "pores").named("pores")
            Map { (candidate: Candidate) in limits.applied(to: candidate) }.named("worth energies")
            workers.stage(model.widom, rememberedIn: "widom").named("widom")
            Map { (candidate: Candidate) in limits.applied(to: candidate) }.named("worth loadings")
            if !model.pressures.isEmpty { workers.stage(model.uptake, rememberedIn: "gcmc").named("gcmc") }
        }
        Flow("table") {
            screened
            To(CSVOutput(output.output, columns: table.names) { (c: Candidate) in table.csv(c.result) })
        }
        Flow("lines") {
            screened
            To(LinesOutput(output.linesPath) { (c: Candidate) in table.json(c.result) })
        }
        Flow("failures") {
            screened
            Filter { (candidate: Candidate) in candidate.result.status == .failed }
            Map { (candidate: Candidate) in ScreeningFailure(candidate) }
            To(Topic<ScreeningFailure>("failures"))
        }
    }
}
