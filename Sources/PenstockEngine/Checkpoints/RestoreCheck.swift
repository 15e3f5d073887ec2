internal import PenstockEvents

/// Whether a plan can go on with the states of a checkpoint: each state needs a stage of the same name that keeps the same form of state.
struct RestoreCheck {
    /// What becomes of a state.
    enum Finding: Hashable {
        /// The stage with this name goes on with it.
        case matched
        /// The stage is not in the checkpoint: it begins with nothing.
        case new
        /// No stage of the plan has this name.
        case orphaned
        /// The stage is another one now.
        case changed(was: String, is: String)
    }

    /// The findings, in the order of their owners.
    let findings: [(owner: StateOwner, finding: Finding)]

    init(_ plan: PhysicalPlan, _ checkpoint: Checkpoint) {
        let planned = plan.stateForms
        let known = checkpoint.state.forms
        let owners = Set(planned.keys).union(known.keys).sorted()
        findings = owners.compactMap { owner in
            switch (planned[owner], known[owner]) {
            case (let now?, let before?) where now == before: (owner, .matched)
            case (let now?, let before?): (owner, .changed(was: before, is: now))
            case (.some, nil): (owner, .new)
            // How many instances there are decides whether events are put in order. Where none of them waits nothing is lost.
            case (nil, .some) where owner.part == .order && !checkpoint.state.holdsEvents(owner): nil
            case (nil, _): (owner, .orphaned)
            }
        }
    }

    /// - Throws: `EngineError.option` that names the states which cannot be given back, and what to do.
    func run() throws(EngineError) {
        for (owner, finding) in findings {
            switch finding {
            case .matched, .new: continue
            case .orphaned:
                throw .option(
                    problem: "the checkpoint has a state of \(owner.text), which is not in the pipeline",
                    hint: "give the stage its old name with .named(\"…\"), or begin anew without the checkpoint")
            case .changed(let was, let now):
                throw .option(
                    problem:
                        "the state of \(owner.text) in the checkpoint is that of another stage: \(was); now it is \(now)",
                    hint: "undo the change, give the stage another name, or begin anew without the checkpoint")
            }
        }
    }
}

extension StageState {
    /// Whether events wait for their turn.
    fileprivate func holdsEvents(_ owner: StateOwner) -> Bool {
        chunks[owner, default: []].contains(where: OrderedMerge.holdsEvents)
    }
}

extension PhysicalPlan {
    /// The form of each state that a run of the plan keeps.
    fileprivate var stateForms: [StateOwner: String] {
        var forms: [StateOwner: String] = [:]
        for stage in stages {
            if let name = stage.input.sourceName {
                for partition in 0..<stage.partitions {
                    forms[StateOwner(stage: name, part: .source(partition: partition))] = "position"
                }
            }
            if let feedback = stage.mergedFeedback {
                forms[StateOwner(stage: feedback, part: .operation)] = FeedbackTime.form
            }
            if stage.mergesInOrder {
                forms[StateOwner(stage: stage.nameBehindOrder, part: .order)] = "events in order"
            }
            for planned in stage.operators {
                guard let form = planned.description.stateForm else { continue }
                forms[StateOwner(stage: planned.name, part: .operation)] = form
            }
            if let owner = stage.outputOwner { forms[owner] = "output" }
        }
        return forms
    }
}
