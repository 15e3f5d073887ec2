internal import PenstockEvents

/// How much state of a stage instance stays in memory, and where the rest goes.
struct SpillRule {
    /// About how many bytes of states may be in memory.
    let memoryLimit: Int
    let folder: any SpillFolder

    /// After how many bytes another file is begun: so that moving what lives in one takes no longer than writing what is in memory.
    var segmentBytes: Int { max(memoryLimit, 4096) }

    /// Checks that files can be made in the folder, if the plan has a stage that may need them.
    static func check(_ plan: PhysicalPlan, _ folder: any SpillFolder) throws {
        for planned in plan.stages.flatMap(\.operators) {
            guard case .operation(let operation) = planned.description.kind, operation.spills else { continue }
            do { _ = try folder.makeFile() } catch {
                throw EngineError.stage(
                    planned.name,
                    SpillFailed(
                        stage: planned.name, folder: folder.path, cause: .fault(error), bytes: 0, spilledBytes: 0))
            }
            return
        }
    }
}
