import Penstock
import PenstockMOF

@main struct MOFScreening: Pipeline {
    static let abstract =
        "Screen crystal structures for the adsorption of a gas, in tiers, from a folder to a ranked table."
    static let verbs: [any ParsableCommand.Type] = [PipelineCommand<Generate>.self]

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Relaxation") var relaxation: RelaxationOptions
    @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Work") var work: WorkOptions

    var body: some Dataflow {
        let workers = ScreeningWorkers(work.workers)
        let table = ScreeningTable(
            pressures: model.pressures, comparison: model.comparison, showsProcessorTime: output.cpuTimes,
            showsStrain: relaxation.relax)
        let limits = thresholds.limits
        let structures = Flow("structures") {
            From(StructureFolder(input.input))
            Persist(topic: "structures")  // from here on everything can be replayed
        }
        let screened = Flow("screening") {
            structures
            workers.firstStage(ValidityTier(), rememberedIn: "validity").named("validity")
            KeyBy { (candidate: Candidate) in candidate.bondsKey }
            Process(Duplicates<Candidate>(input.duplicates)).named("duplicates")
            workers.stage(PoreTier(seed: model.seed), rememberedIn: "pores").named("pores")
            Map { (candidate: Candidate) in limits.applied(to: candidate) }.named("worth energies")
            if relaxation.relax {
                relaxation.relaxation(atATime: work.workers)
                    .stage(strainMax: relaxation.maxStrain, rememberedIn: "relaxation").named("relaxation")
            }
            workers.stage(model.widom, rememberedIn: "widom").named("widom")
            Map { (candidate: Candidate) in limits.applied(to: candidate) }.named("worth loadings")
            if let competitor = model.competitor {
                workers.stage(competitor, rememberedIn: "competitor").named("competitor")
            }
            if !model.pressures.isEmpty { workers.stage(model.uptake, rememberedIn: "gcmc").named("gcmc") }
            if let mixture = model.mixture { workers.stage(mixture, rememberedIn: "mixture").named("mixture") }
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
