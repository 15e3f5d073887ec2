extension PhysicalPlan {
    /// The topics that the plan reads and writes, where its work can be shared by partition: everything comes from topics, and goes into topics.
    /// - Throws: `EngineError.option` for what cannot be shared.
    package func topicsToShare() throws(EngineError) -> (inputs: [String], outputs: [String]) {
        var inputs: [String] = []
        var outputs: [String] = []
        for stage in stages {
            switch stage.input {
            case .source(let name, let source):
                throw .option(
                    problem: "\(name) reads \(source.summary), which every process would read as a whole",
                    hint: "share a pipeline that reads topics, and let another one put the source into a topic")
            case .topic(let name, let topic, _, _, let isPersisted):
                guard !isPersisted else {
                    throw .option(
                        problem: "\(name) records the topic \(topic) in the same run",
                        hint: "share a pipeline that reads topics, and let another one record")
                }
                if stage.feedback == nil, !inputs.contains(topic) { inputs.append(topic) }
            case .channels: break
            }
            switch stage.output {
            case .sink(let name, let sink):
                throw .option(
                    problem: "\(name) writes \(sink.summary), which every process would write",
                    hint: "put the results into a topic: To(Topic(\"name\"))")
            case .topic(_, let topic, _, _): if !outputs.contains(topic) { outputs.append(topic) }
            case .channels, .leftOut: break
            }
        }
        return (inputs, outputs)
    }
}
