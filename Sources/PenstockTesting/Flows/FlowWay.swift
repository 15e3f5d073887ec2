internal import PenstockEngine

/// One way of running a script.
struct FlowWay: Sendable, CustomStringConvertible {
    var shape: FlowRun.Shape
    var steps: [ScriptStep]
    /// The order of the steps in words.
    var order: String
    /// Whether everything comes to rest behind each step, so that watermarks are sent behind each event.
    var settles: Bool
    /// Behind how many steps checkpoints are taken; one is always taken at the beginning.
    var checkpoints: Set<Int> = []
    /// Behind how many steps the run is broken off, and how it goes on.
    var crashes: [Int: FlowRun.Shape] = [:]
    /// How often the test stands aside while events, and the barriers of a checkpoint, are on their way, before it breaks the run
    /// off; nil for when everything has come to rest.
    var haste: Int?

    var description: String {
        var words = "batches of \(shape.batch), parallelism \(shape.parallelism), \(order), "
        words += settles ? "watermarks behind every event" : "watermarks seldom"
        for (behind, shape) in crashes.sorted(by: { $0.key < $1.key }) {
            words +=
                haste == nil ? ", broken off behind step \(behind)" : ", broken off amid the work on step \(behind)"
            words += ", from there on batches of \(shape.batch) and parallelism \(shape.parallelism)"
        }
        if checkpoints.isEmpty { return words }
        return words + ", checkpoints behind \(checkpoints.sorted().map(String.init).joined(separator: ", "))"
    }

    /// Runs the script of a test once more.
    func run(_ test: FlowTest) async throws -> FlowOutcome {
        for source in test.sources { source.rewind() }
        let run = try await FlowRun(test.setup, shape)
        if checkpoints.contains(0) { try await run.checkpoint() }
        for (done, step) in zip(1..., steps) {
            switch step {
            case .item(let source, let partition): test.sources[source].release(partition)
            case .advance(let nanoseconds): try await run.advance(nanoseconds)
            }
            if let next = crashes[done], let haste {
                if checkpoints.contains(done) { await run.requestCheckpoint() }
                run.wake()
                for _ in 0..<haste { await Task.yield() }
                try await run.crashAndRestore(next)
            } else if crashes[done] != nil || checkpoints.contains(done) || settles || done == steps.count {
                try await run.step()
                if checkpoints.contains(done) { try await run.checkpoint() }
                if let next = crashes[done] { try await run.crashAndRestore(next) }
            }
        }
        return try await FlowOutcome(test, run)
    }
}

extension FlowWay {
    /// All ways that `proof` asks for.
    static func all(_ proof: FlowProof, _ script: [ScriptStep], withCrashes: Bool) -> [FlowWay] {
        var random = SeededRandom(seed: proof.seed)
        // What the clock decides depends on when events come.
        let isTimed = script.contains { if case .advance = $0 { true } else { false } }
        let orders = isTimed ? [("in the script's order", script)] : orders(of: script, proof.interleavings, &random)
        let shapes = proof.batches.flatMap { batch in
            proof.parallelism.map { FlowRun.Shape(parallelism: $0, batch: batch) }
        }
        var ways: [FlowWay] = []
        for shape in shapes {
            for (name, steps) in orders {
                for settles in isTimed ? [true] : [true, false] {
                    ways.append(FlowWay(shape: shape, steps: steps, order: name, settles: settles))
                }
            }
        }
        guard withCrashes, !script.isEmpty, !shapes.isEmpty else { return ways }
        for behind in 1...script.count {
            for (number, shape) in shapes.enumerated() {
                let (name, steps) = orders[(behind + number) % orders.count]
                var way = FlowWay(shape: shape, steps: steps, order: name, settles: isTimed || random.coin())
                way.crashes[behind] = shapes[(number + 1 + random.below(shapes.count)) % shapes.count]
                if isTimed {
                    way.checkpoints = [behind]
                } else {
                    if random.below(3) > 0 { way.checkpoints = [random.below(behind + 1)] }
                    if random.coin() { way.haste = random.below(200) }
                }
                ways.append(way)
            }
        }
        return ways
    }

    /// The script with its partitions interleaved in several ways. Each partition keeps its own order.
    static func orders(
        of script: [ScriptStep], _ count: Int, _ random: inout SeededRandom
    ) -> [(name: String, steps: [ScriptStep])] {
        var lanes: [(step: ScriptStep, count: Int)] = []
        for step in script {
            if let known = lanes.firstIndex(where: { $0.step == step }) {
                lanes[known].count += 1
            } else {
                lanes.append((step, 1))
            }
        }
        guard lanes.count > 1 else { return [("in the script's order", script)] }
        func whole(_ lanes: [(step: ScriptStep, count: Int)]) -> [ScriptStep] {
            lanes.flatMap { Array(repeating: $0.step, count: $0.count) }
        }
        let shuffled = (0..<count).map { ("in random order \($0)", whole(lanes).shuffled(using: &random)) }
        return [
            ("in the script's order", script), ("one partition after the other", whole(lanes)),
            ("one partition after the other, backwards", whole(lanes.reversed())),
        ] + shuffled
    }
}
