internal import PenstockEvents

extension StageWiring {
    /// Rows that were put in order in the checkpoint with which the run begins, and waited for their turn, before operators for which this run
    /// puts nothing in order: it has one instance, which gives them as they come. Those that waited are first then.
    ///
    /// Each with the place in the chain of the operator, or of the output, that they were to enter.
    func releasedRows() throws -> [(index: Int, batches: [Batch])] {
        var entering = element
        var rows: [(index: Int, batches: [Batch])] = []
        func release(_ name: StageName, at index: Int) throws {
            guard !ordered.contains(name), let state = restored(StateOwner(stage: name, part: .order)) else { return }
            var merge = OrderedMerge(batchEvents: run.options.batchEvents, of: entering, .eachOrigin)
            do { try merge.restore(state) } catch { throw EngineError.stage(name, error) }
            rows.append((index, merge.release()))
        }
        for (number, planned) in stage.operators.enumerated() {
            try release(planned.name, at: stage.prelude.count + number)
            entering = planned.description.output ?? entering
        }
        if let output = stage.outputOwner {
            try release(output.stage, at: stage.prelude.count + stage.operators.count)
        }
        return rows
    }
}
