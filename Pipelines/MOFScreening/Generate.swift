import Penstock
import PenstockMOF

/// The loop: frameworks are proposed, made and screened, and what comes of them decides what is proposed next.
struct Generate: Pipeline {
    static let command = "MOFScreening generate"
    static let abstract =
        "Search for frameworks: propose, make and screen them, and learn from the results what to propose next."

    @OptionGroup(title: "Search") var search: SearchOptions
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
    @OptionGroup(title: "Relaxation") var relaxation: RelaxationOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Work") var work: WorkOptions

    func validate() throws {
        guard search.target(model.pressures) != nil else {
            throw ValidationError(
                search.target == .uptake
                    ? "--target uptake needs a pressure: give --gcmc, such as --gcmc 1bar"
                    : "--target working-capacity needs two pressures: give --gcmc, such as --gcmc 0.15bar,1bar")
        }
    }

    var body: some Dataflow {
        let (space, target, limits) = (space, target, thresholds.limits)
        let workers = ScreeningWorkers(work.workers)
        let columns = ScreeningTable(
            pressures: model.pressures, comparison: model.comparison, showsProcessorTime: output.cpuTimes,
            showsStrain: relaxation.relax)
        let table = SearchTable(columns, target: target, space: space)
        let deadline = search.duration.map { ContinuousClock.now + $0 }
        // Where nobody waits for rounds, nobody waits for an order either.
        let isFree = search.freeRunning
        let events: EventOrder = isFree ? .arrival : .canonical
        let answers: AsyncRequests.Order = isFree ? .unordered : .ordered
        // No search has more rounds than evaluations.
        let outcomes = Feedback("outcomes", of: SearchOutcome.self, rounds: isFree ? nil : search.budget + 1)
        let beginning = Flow("beginning") {
            From(SearchBeginning(search.strategies))
            Persist(topic: "searches")  // a replay begins here
        }
        let proposed = Flow("generation") {
            Merge(beginning, From(outcomes))
            KeyBy(\SearchOutcome.strategy)
            Process(CandidateProposer(space: space, settings: search.settings(seed: model.seed)), order: events)
                .named("proposer")
        }
        let chosen =
            isFree
            ? Flow("newest") {
                proposed
                NewestFirst(capacity: search.round)
            } : proposed
        let evaluated = Flow("screening") {
            chosen
            Map { (proposal: SearchProposal) in Trial(proposal, in: space) }.named("assembly")
            workers.stage(ValidityTier(), of: Trial.self, order: answers).named("validity")
            KeyBy { (trial: Trial) in "\(trial.proposal.strategy) \(trial.candidate.bondsKey)" }
            Process(Duplicates<Trial>(search.duplicates), order: events).named("duplicates")
            if relaxation.relax {
                relaxation.relaxation(atATime: work.workers)
                    .stage(strainMax: relaxation.maxStrain, of: Trial.self, order: answers).named("relaxation")
            }
            if target.needsPores {
                workers.stage(PoreTier(seed: model.seed), of: Trial.self, order: answers).named("pores")
                Map { (trial: Trial) in trial.limited(by: limits) }.named("worth energies")
            }
            if target.needsEnergies {
                workers.stage(model.widom, of: Trial.self, order: answers).named("widom")
                Map { (trial: Trial) in trial.limited(by: limits) }.named("worth loadings")
                if let competitor = model.competitor {
                    workers.stage(competitor, of: Trial.self, order: answers).named("competitor")
                }
                workers.stage(model.uptake, of: Trial.self, order: answers).named("gcmc")
                if let mixture = model.mixture {
                    workers.stage(mixture, of: Trial.self, order: answers).named("mixture")
                }
            }
        }
        Flow("learning") {
            evaluated
            Map { (trial: Trial) in SearchOutcome(trial, target) }.named("outcome")
            if let deadline {
                // What the clock said is recorded, so that a replay and a restart are told the same.
                MapAsync(capacity: 1, answers: .recorded(in: "deadlines")) { (outcome: SearchOutcome) in
                    outcome.noting(timeIsUp: ContinuousClock.now >= deadline)
                }.named("deadline")
            }
            To(outcomes, allowLossy: isFree)
        }
        Flow("table") {
            evaluated
            To(
                CSVOutput(output.output, columns: table.names) { (trial: Trial) in table.csv(trial) },
                allowLossy: isFree)
        }
        Flow("lines") {
            evaluated
            To(LinesOutput(output.linesPath) { (trial: Trial) in table.json(trial) }, allowLossy: isFree)
        }
        Flow("failures") {
            evaluated
            Filter { (trial: Trial) in trial.candidate.result.status == .failed }
            Map { (trial: Trial) in ScreeningFailure(trial.candidate) }
            To(Topic<ScreeningFailure>("failures"), allowLossy: isFree)
        }
    }

    /// What can be proposed.
    var space: CandidateSpace { CandidateSpace(linkers: search.linkers.linkers) }

    /// What is looked for.
    var target: SearchTarget {
        guard let target = search.target(model.pressures) else {
            preconditionFailure("a target without pressures was not refused")
        }
        return target
    }
}

extension Trial {
    /// The trial, rejected where its framework has less than a threshold asks for.
    fileprivate func limited(by limits: ScreeningThresholds) -> Trial {
        var trial = self
        trial.candidate = limits.applied(to: candidate)
        return trial
    }
}
