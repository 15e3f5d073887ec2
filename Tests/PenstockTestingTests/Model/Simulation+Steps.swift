import PenstockEvents
import PenstockLog
import PenstockTesting

extension Simulation {
    func perform(_ step: Step) async throws {
        do {
            switch step {
            case .create: try await create()
            case .append(let batches, let isWatched): try await append(batches: batches, isWatched: isWatched)
            case .control: try await appendControl()
            case .close: try await close()
            case .read: try await read()
            case .readElsewhere: try await readElsewhere()
            case .check: try await check()
            case .crash(let kind): crash(kind)
            case .planCrash(let kind, let call): storage.crash(kind, atCall: call)
            case .faults(let plan): storage.faults = plan
            case .repair: repair()
            case .fill(let free): storage.capacityBytes = storage.usedBytes + free
            case .truncate: try await truncate()
            case .retain(let bytes): try await retain(bytes: bytes)
            case .compact: try await compact()
            case .produce(let batches): try await produce(batches: batches)
            case .transact(let commits): try await transact(commits: commits)
            case .commitPositions: try await commitPositions()
            case .rot: try await rot()
            }
        } catch let error as LogError {
            try excuse(error, "\(step)")
        }
    }

    private func create() async throws {
        guard topics.count < 3 else { return }
        let name = "topic-\(topics.count)"
        let durability = [Durability.durable, .durable, .durable, .pageCache, .pageCache, .memory][random.below(6)]
        let isCompacted = random.below(4) == 0
        topics.append(
            Topic(
                name: name,
                configuration: TopicConfiguration(
                    durability: durability, segmentBytes: 64 << 10, compactionKey: isCompacted ? ["key"] : []),
                model: PartitionModel(TopicPartition(name), durability: durability, isCompacted: isCompacted)))
        try await finishCreation(topics.count - 1)
    }

    func finishCreation(_ index: Int) async throws {
        guard !topics[index].isCreated else { return }
        _ = try await log!.openTopic(
            topics[index].name, schema: Mark.schema, creatingWith: topics[index].configuration)
        topics[index].isCreated = true
    }

    func anyTopic() async throws -> Int {
        let index = random.below(topics.count)
        try await finishCreation(index)
        return index
    }

    private func append(batches: Int, isWatched: Bool) async throws {
        let index = try await anyTopic()
        let writer = try await openWriter(index)
        var pending: [(id: UInt64, append: PendingAppend)] = []
        // The shape of the batches is drawn first, so that a failing submit does not shift what comes later.
        let shapes =
            failedShapes
            ?? (0..<batches).map { _ in BatchShape(&random) }
        failedShapes = nil
        let watch = isWatched ? try await watcher(index) : nil
        async let watched = watch?.run()
        do {
            for shape in shapes {
                let id = nextSubmission()
                let append = try await writer.submit(shape.batch(of: id))
                let offsets = append.firstOffset..<append.firstOffset + UInt64(shape.count)
                topics[index].model.submit(id, offsets: offsets, payloadBytes: shape.payloadBytes)
                pending.append((id, append))
            }
        } catch {
            try excuse(error, "submit")
        }
        if try await !settle(pending, index), random.coin() { failedShapes = shapes }
        if let deliveries = await watched { try observe(deliveries, index) }
    }

    private func appendControl() async throws {
        let index = try await anyTopic()
        let id = nextSubmission()
        let writer = try await openWriter(index)
        let append = try await writer.submit(control: .timeMark(Timestamp(nanoseconds: Int64(id))))
        topics[index].model.submit(
            id, offsets: append.firstOffset..<append.firstOffset + 1, payloadBytes: 0, isControl: true)
        _ = try await settle([(id, append)], index)
    }

    /// Waits for the acknowledgements; returns whether all came.
    func settle(_ pending: [(id: UInt64, append: PendingAppend)], _ index: Int) async throws -> Bool {
        var allCame = true
        for (id, append) in pending {
            do {
                try topics[index].model.acknowledge(id, try await append.acknowledgement())
            } catch let error as LogError {
                topics[index].model.fail(id)
                allCame = false
                try excuse(error, "append")
            }
        }
        return allCame
    }

    private func close() async throws {
        let index = random.below(topics.count)
        guard let writer = topics[index].writer else { return }
        topics[index].writer = nil
        try await writer.close()
        topics[index].model.close()
    }

    private func read() async throws {
        let index = try await anyTopic()
        let partition = try await log!.describe(topics[index].name).partitions[0]
        let start = anyOffset(partition)
        let reader = try await log!.reader(for: topics[index].model.partition, from: .offset(start))
        try observe(await Watcher(reader: reader, start: start, limit: 1 + random.below(40)).run(), index)
    }

    func anyOffset(_ partition: TopicDescription.Partition) -> UInt64 {
        partition.firstOffset + UInt64(random.below(Int(partition.nextOffset - partition.firstOffset) + 1))
    }

    private func readElsewhere() async throws {
        let index = try await anyTopic()
        let other = try await EmbeddedLog(directory: Self.directory, creating: false, storage: storage.incarnation())
        let reader = try await other.reader(for: topics[index].model.partition, from: .earliest)
        let start = await reader.position
        try observe(await Watcher(reader: reader, start: start, limit: .max).run(), index)
    }

    private func check() async throws {
        guard !mayFail else { return }
        try await checkAll(random.below(topics.count))
    }

    /// Reads a whole partition and compares.
    func checkAll(_ index: Int) async throws {
        guard topics[index].isCreated else { return }
        do {
            let reading = try await readAll(index)
            try topics[index].model.observe(reading)
            try topics[index].model.observeAll(reading)
        } catch let error as LogError {
            try excuse(error, "check")
        }
    }

    /// Flips a bit of a segment of a partition that has no owner, and so is sealed.
    private func rot() async throws {
        let index = random.below(topics.count)
        guard topics[index].isCreated, topics[index].writer == nil, !mayFail else { return }
        let directory = "\(Self.directory)/\(topics[index].name)/0"
        let segments = try storage.list(directory).filter { $0.hasSuffix(".segment") }
        guard !segments.isEmpty else { return }
        let path = directory + "/" + segments[random.below(segments.count)]
        guard let size = storage.contents(of: path)?.count, size > 4096 else { return }
        storage.flip(path, at: 4096 + random.below(size - 4096), bit: random.below(8))
        topics[index].model.flip()
    }

    private func observe(_ outcome: Watcher.Outcome, _ index: Int) throws {
        try topics[index].model.observe(outcome.reading)
        if let error = outcome.error, error.code != .damaged {
            // Where the oldest records go at any time a reader may come too late.
            if error.code == .offsetOutOfRange, topics[index].model.hasRetention { return }
            try excuse(error, "reading")
        }
        if let error = outcome.error, error.code == .damaged, topics[index].model.isIntact,
            topics[index].model.durability == .durable
        {
            try excuse(error, "reading")
        }
    }

    private func watcher(_ index: Int) async throws -> Watcher {
        let reader = try await log!.reader(for: topics[index].model.partition, from: .end)
        return Watcher(reader: reader, start: await reader.position, limit: .max)
    }

    /// Reads a partition from its beginning to its end, on behind what is damaged.
    func readAll(_ index: Int) async throws -> PartitionModel.Reading {
        let partition = topics[index].model.partition
        var reader = try await log!.reader(for: partition, from: .earliest)
        let start = await reader.position
        var whole = PartitionModel.Reading(start: start, end: start)
        var position = start
        while true {
            let outcome = await Watcher(reader: reader, start: position, limit: .max).run()
            whole.deliveries += outcome.reading.deliveries
            whole.end = outcome.reading.end
            guard let error = outcome.error else { return whole }
            guard error.code == .damaged, let offsets = error.place.offsets else { throw error }
            let mayBeBehind = topics[index].model.isCompacted || topics[index].model.hasHiddenRecords
            guard offsets.lowerBound <= outcome.reading.end || mayBeBehind, offsets.upperBound > outcome.reading.end,
                error.place.partition == partition
            else { throw Violation("\(partition): damage at \(outcome.reading.end) was reported as \(error.summary)") }
            whole.damaged.append(outcome.reading.end..<offsets.upperBound)
            position = offsets.upperBound
            reader = try await log!.reader(for: partition, from: .offset(position))
        }
    }
}
