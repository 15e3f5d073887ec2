internal import PenstockEvents

/// Whether a plan can go on with the states of a checkpoint: each state needs a stage of the same name that keeps the same form of state.
struct RestoreCheck {
    /// What the run is given of the checkpoint: states under their present names, without those that are given up.
    private(set) var state: StageState
    /// The findings, in the order of their owners.
    private(set) var findings: [RestoreReport.Finding] = []
    /// States that the author wants to give up and that are not there, or have a stage that goes on with them.
    private(set) var notDropped: [String]

    /// - Parameter dropping: The ids of states that may be given up.
    init(_ plan: PhysicalPlan, _ checkpoint: Checkpoint, dropping: Set<String> = []) {
        let planned = plan.stateForms
        state = checkpoint.state
        let renamed = state.rename(plan.formerNames, keeping: Set(planned.keys))
        var dropped: Set<String> = []
        for owner in Set(planned.keys).union(state.forms.keys).sorted() {
            let ids = [owner.stage.description, owner.text].filter(dropping.contains)
            let outcome: RestoreReport.Outcome
            switch (planned[owner], state.forms[owner]) {
            case (let now?, let before?) where now == before:
                outcome = .matched(formerly: renamed[owner]?.text)
            case (let now?, nil):
                outcome = .new(form: now)
            case (let now?, let before?):
                outcome = ids.isEmpty ? .changed(was: before, is: now) : .dropped(form: before)
            // How many instances there are decides whether events are put in order. Those that wait leave first where they are not any more.
            case (nil, .some) where owner.part == .order && (plan.has(owner.stage) || !state.holdsEvents(owner)):
                continue
            case (nil, let before):
                outcome = ids.isEmpty ? .orphaned(form: before ?? "") : .dropped(form: before ?? "")
            }
            if case .dropped = outcome {
                dropped.formUnion(ids)
                state.forms[owner] = nil
                state.chunks[owner] = nil
            }
            findings.append(RestoreReport.Finding(state: owner.text, outcome: outcome))
        }
        notDropped = dropping.subtracting(dropped).sorted()
    }

    /// - Throws: `RestoreRefused` that names the states which cannot be given back, and what to do.
    func run(_ source: String) throws(RestoreRefused) {
        let report = RestoreReport(source: source, findings: findings)
        guard let refusal = RestoreRefused(report) else { return }
        throw refusal
    }
}

extension StageState {
    /// Whether events wait for their turn.
    fileprivate func holdsEvents(_ owner: StateOwner) -> Bool {
        chunks[owner, default: []].contains(where: OrderedMerge.holdsEvents)
    }

    /// Gives states under former names to the stages of today that have none under theirs.
    /// - Parameter planned: What the plan keeps states for; none of these is taken away from its owner.
    /// - Returns: The earlier owners of what was renamed.
    fileprivate mutating func rename(
        _ formerNames: [StageName: [StageName]], keeping planned: Set<StateOwner>
    ) -> [StateOwner: StateOwner] {
        var renamed: [StateOwner: StateOwner] = [:]
        for owner in planned.sorted() where forms[owner] == nil {
            for former in formerNames[owner.stage] ?? [] {
                let earlier = StateOwner(stage: former, part: owner.part)
                guard let form = forms[earlier], !planned.contains(earlier) else { continue }
                put(owner, form: form, chunks[earlier] ?? [])
                forms[earlier] = nil
                chunks[earlier] = nil
                renamed[owner] = earlier
                break
            }
        }
        for (owner, earlier) in renamed {
            guard let counts = statistics.removeValue(forKey: earlier.stage) else { continue }
            statistics[owner.stage] = counts
        }
        return renamed
    }
}

extension PhysicalPlan {
    /// The numbers of the plan's stages as origins of events, where a run goes on with states in which they have these: whoever has one keeps
    /// it, under a new name too, and new stages come behind all others. So the order of what waits in the states does not change.
    func origins(continuing earlier: [StageName: UInt32]) -> [StageName: UInt32] {
        guard !earlier.isEmpty else { return origins }
        var numbers = earlier
        var next = (earlier.values.max() ?? 0) + 1
        for name in origins.keys.sorted() where numbers[name] == nil {
            let former = (formerNames[name] ?? []).first { origins[$0] == nil && earlier[$0] != nil }
            if let former, let number = numbers.removeValue(forKey: former) {
                numbers[name] = number
            } else {
                numbers[name] = next
                next += 1
            }
        }
        return numbers
    }

    /// Whether there is an operator or an output of this name.
    fileprivate func has(_ name: StageName) -> Bool {
        stages.contains { $0.outputOwner?.stage == name || $0.operators.contains { $0.name == name } }
    }

    /// The form of each state that a run of the plan keeps.
    fileprivate var stateForms: [StateOwner: String] {
        var forms: [StateOwner: String] = [:]
        for stage in stages {
            if let name = stage.input.sourceName {
                for partition in 0..<stage.partitions {
                    forms[StateOwner(stage: name, part: .source(partition: partition))] = "position"
                }
            }
            for part in stage.prelude { forms[part.owner] = part.form }
            for planned in stage.operators {
                guard let form = planned.description.stateForm else { continue }
                forms[StateOwner(stage: planned.name, part: .operation)] = form
            }
            if let owner = stage.outputOwner { forms[owner] = stage.outputForm }
        }
        return forms
    }
}
