internal import PenstockEvents

extension RunView {
    /// Who holds the watermark of a stage, and why; nil once its input has ended.
    ///
    /// From the instance with the least watermark the search goes to the sender that is behind, and on to its own, until it comes to a partition.
    /// Where a sender has sent more than was taken, it is the queue that holds time back.
    func hold(of stage: Int) -> WatermarkHold? {
        let open = instances(of: stage).filter { watermark(of: $0) < .distantFuture }
        guard let least = open.min(by: { watermark(of: $0) < watermark(of: $1) }) else { return nil }
        return hold(of: least)
    }

    private func hold(of instance: Instance) -> WatermarkHold? {
        guard let inbox = instance.inbox else { return holdOfSource(instance) }
        let open = inbox.lanes.indices.filter { !inbox.lanes[$0].hasEnded }
        guard let lane = open.min(by: { inbox.lanes[$0].watermarkTaken < inbox.lanes[$1].watermarkTaken }),
            let sender = instances[instance.senders[lane]]
        else { return nil }
        let gauge = inbox.lanes[lane]
        guard gauge.watermark > gauge.watermarkTaken || (gauge.eventsQueued > 0 && gauge.blocked.isWaiting) else {
            return hold(of: sender)
        }
        guard let partition = leastPartition(before: sender) else { return nil }
        if let edge = blockedEdge(from: instance.name) {
            return WatermarkHold(partition: partition, reason: .blocked(from: edge.from, to: edge.to))
        }
        let isBlocked = gauge.blocked.isWaiting
        return WatermarkHold(
            partition: partition,
            reason: isBlocked
                ? .blocked(from: sender.name, to: instance.name) : .queued(from: sender.name, to: instance.name))
    }

    /// The last edge of those that are full one behind the other.
    private func blockedEdge(from sender: InstanceName) -> (from: InstanceName, to: InstanceName)? {
        guard let full = lanes(from: sender).first(where: { $0.gauge.blocked.isWaiting }) else { return nil }
        // Edges point to stages with higher numbers, so this comes to an end.
        return blockedEdge(from: full.to) ?? (sender, full.to)
    }

    private func holdOfSource(_ instance: Instance) -> WatermarkHold? {
        guard let gauge = leastPartition(of: instance) else { return nil }
        let partition = name(of: gauge, of: instance)
        if let edge = blockedEdge(from: instance.name) {
            return WatermarkHold(partition: partition, reason: .blocked(from: edge.from, to: edge.to))
        }
        switch gauge.reading(at: now, begun: instance.counts.begun ?? now) {
        case .noRecordYet: return holdOfWriter(instance) ?? WatermarkHold(partition: partition, reason: .noRecordYet)
        case .quiet(let time), .idle(let time):
            return holdOfWriter(instance) ?? WatermarkHold(partition: partition, reason: .quiet(time))
        case .paused(let time): return WatermarkHold(partition: partition, reason: .paused(time))
        case .reading, .ended: return WatermarkHold(partition: partition, reason: .reading)
        }
    }

    /// Who holds the stage that writes the topic which an instance reads, where the run writes it.
    private func holdOfWriter(_ reader: Instance) -> WatermarkHold? {
        // The writer of a feedback waits for its reader in turn.
        guard reader.board != nil, plan.stages[reader.name.stage].feedback == nil else { return nil }
        for stage in plan.stages {
            if case .topic(_, _, _, readBy: reader.name.stage) = stage.output { return hold(of: stage.index) }
        }
        return nil
    }

    // MARK: Partitions

    /// The partition that is behind among those from which events come to an instance.
    private func leastPartition(before instance: Instance) -> SourcePartitionName? {
        if let inbox = instance.inbox {
            let open = inbox.lanes.indices.filter { !inbox.lanes[$0].hasEnded }
            let lanes = open.isEmpty ? Array(inbox.lanes.indices) : open
            return lanes.min { inbox.lanes[$0].watermarkTaken < inbox.lanes[$1].watermarkTaken }
                .flatMap { instances[instance.senders[$0]] }.flatMap { leastPartition(before: $0) }
        }
        return (leastPartition(of: instance) ?? instance.counts.partitions.first).map { name(of: $0, of: instance) }
    }

    private func leastPartition(of instance: Instance) -> PartitionGauge? {
        let open = instance.counts.partitions.filter { !$0.hasEnded }
        if let least = open.filter({ !$0.isIdle }).min(by: { $0.watermark < $1.watermark }) { return least }
        return open.max { $0.watermark < $1.watermark }
    }

    private func name(of gauge: PartitionGauge, of instance: Instance) -> SourcePartitionName {
        guard let source = plan.stages[instance.name.stage].input.sourceName else {
            preconditionFailure("stage \(instance.name.stage) has no source")
        }
        return SourcePartitionName(stage: source, partition: gauge.number)
    }
}
