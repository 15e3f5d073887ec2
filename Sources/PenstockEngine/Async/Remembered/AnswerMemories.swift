internal import PenstockLog

/// The remembered answers of the stages of a run.
struct AnswerMemories: Sendable {
    private var memories: [StageName: AnswerMemory] = [:]

    /// None.
    init() {}

    /// Opens the topics of a plan's stages.
    /// - Throws: `EngineError.option` where there is no log, or a topic holds other records; `LogError`.
    init(
        _ plan: PhysicalPlan, _ log: (any LogStore)?, _ options: RunOptions,
        report: @escaping @Sendable (RunRemark) -> Void
    ) async throws {
        do {
            for (stage, rule) in plan.rememberings {
                guard let log else {
                    throw EngineError.option(
                        problem: "\(stage) remembers answers in the topic \(rule.topic), but there is no log",
                        hint: "give --log DIR")
                }
                memories[stage] = try await AnswerMemory(
                    stage, rule, log, options.durability,
                    limits: options.answerLimits, report: report)
            }
        } catch {
            await close()
            throw error
        }
    }

    /// The remembered answers to the requests of a stage; nil where they are not remembered.
    func answers(to stage: StageName) -> AnswerMemory? { memories[stage] }

    /// How many answers there are in all.
    var count: Int { memories.values.reduce(0) { $0 + $1.count } }

    /// Gives the topics up.
    func close() async {
        for memory in memories.values { await memory.close() }
    }
}
