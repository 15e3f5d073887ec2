import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("Processing-time timers")
struct ClockTimerTests {
    /// Does what it is told at each event, and tells of all timers.
    private struct Alarms: KeyedProcess {
        typealias Key = Int64
        var usesProcessingTime = true
        let onEvent: @Sendable (Sample, inout KeyTimers) -> Void
        var onAlarm: @Sendable (FiredTimer, inout KeyTimers) -> Void = { _, _ in }

        func process(
            _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) {
            onEvent(event, &timers)
        }

        func onTimer(
            _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
            context: ProcessContext<Int64>
        ) {
            onAlarm(timer, &timers)
            let kind = timer.isProcessingTime ? "clock" : "event"
            output.append(
                "\(context.key) \(kind) \(timer.name)\(timer.time.nanoseconds)\(timer.isEndOfInput ? " end" : "")")
        }
    }

    private static func at(_ time: Int64) -> Timestamp { Timestamp(nanoseconds: time) }

    /// A process on one thread, and what it has put out with its times.
    private struct Bench {
        let clock = VirtualClock()
        private var processor: any Processor
        private var key = KernelProcessor(stage: testStage, kernel: keyKernel { (s: Sample) in s.key })
        private(set) var rows: [String] = []
        private(set) var times: [Int64] = []

        init(_ process: Alarms, restoring state: [StateChunk] = []) throws {
            let context = OperatorContext(stage: testStage, parallelism: 1) { _ in }
            processor = AnyOperator(process).make(context, Origin(stage: 1, partition: 0))
            try processor.begin(with: Waker(Inbox(inputs: [0]), clock))
            try processor.restore(state)
        }

        var wakeInstant: Int64? { processor.wakeInstant }

        var state: [StateChunk] {
            get throws {
                var state = StateWriter()
                try processor.snapshot(into: &state)
                return state.chunks
            }
        }

        mutating func event(_ time: Int64, key: Int64 = 0) throws {
            let sample = Sample(key: key, number: time)
            for element in try self.key.outputs(.batch(Batch([(time, sample)], watermark: time))) {
                note(try processor.outputs(element))
            }
        }

        mutating func end() throws { note(try processor.outputs(.end)) }

        mutating func advance(to instant: Int64) throws {
            clock.advance(by: instant - clock.nanoseconds)
            guard let wake = processor.wakeInstant, wake <= instant else { return }
            try processor.wake(at: instant)
            var outputs: [StreamElement] = []
            while let output = try processor.next() { outputs.append(output) }
            note(outputs)
        }

        private mutating func note(_ outputs: [StreamElement]) {
            for batch in outputs.compactMap(\.batch) {
                rows += batch.values(String.self)
                times += (0..<batch.count).map { batch.times.values[$0] }
            }
        }
    }

    @Test("a timer fires when the clock has come there, though nothing comes, and its row is not late")
    func fires() throws {
        var bench = try Bench(
            Alarms { _, timers in timers.setProcessing("alarm", at: timers.processingTime.adding(50)) })
        try bench.advance(to: 1000)
        try bench.event(7)
        #expect(bench.wakeInstant == 1050 && bench.rows.isEmpty)
        try bench.advance(to: 1049)
        #expect(bench.rows.isEmpty)
        try bench.advance(to: 1060)
        #expect(bench.rows == ["0 clock alarm1050"])
        #expect(bench.times == [8], "behind the watermark that has been sent")
        #expect(bench.wakeInstant == nil)
    }

    @Test("setting a timer twice is setting it once; several due ones fire by time, key and name; one can be cancelled")
    func order() throws {
        var bench = try Bench(
            Alarms { event, timers in
                for name in ["b", "a", "b", "gone"] { timers.setProcessing(name, at: Self.at(20)) }
                timers.setProcessing("c", at: Self.at(10 + event.key))
                timers.setProcessing("c", at: Self.at(15))
                timers.cancelProcessing("gone")
                timers.cancelProcessing("c", at: Self.at(15))
            })
        try bench.event(1, key: 3)
        try bench.event(2, key: 2)
        try bench.advance(to: 30)
        #expect(
            bench.rows == [
                "2 clock c12", "2 clock a20", "2 clock b20", "3 clock c13", "3 clock a20", "3 clock b20",
            ], "what leaves together leaves by key")
    }

    @Test("a timer for an instant that has come fires as soon as the handler has returned, and may set others")
    func past() throws {
        var bench = try Bench(
            Alarms { _, timers in
                timers.setProcessing("past", at: Self.at(5))
            } onAlarm: { timer, timers in
                if timer.name == "past" { timers.setProcessing("next", at: Self.at(70)) }
            })
        try bench.advance(to: 60)
        try bench.event(1)
        #expect(bench.rows == ["0 clock past5"])
        try bench.advance(to: 70)
        #expect(bench.rows == ["0 clock past5", "0 clock next70"])
    }

    @Test("timers are in checkpoints; those that came due meanwhile fire when the run goes on")
    func restored() throws {
        let process = Alarms { event, timers in
            timers.setProcessing("alarm", at: Self.at(event.key * 100))
            timers.set("later", at: Self.at(event.number + 5))
        }
        var bench = try Bench(process)
        for key in Int64(1)...3 { try bench.event(key, key: key) }
        var again = try Bench(process, restoring: try bench.state)
        #expect(again.wakeInstant == 100)
        try again.advance(to: 250)
        #expect(Set(again.rows) == ["1 clock alarm100", "2 clock alarm200"])
        try again.event(7, key: 9)
        #expect(again.rows.contains("1 event later6"))
        try again.advance(to: 300)
        #expect(again.rows.contains("3 clock alarm300"))
    }

    @Test("at the end of input the timers that are left fire once, and none can be set")
    func end() throws {
        var bench = try Bench(
            Alarms { event, timers in
                timers.setProcessing("alarm", at: Self.at(500))
            } onAlarm: { _, timers in
                let isSet = timers.setProcessing("more", at: Self.at(900))
                #expect(!isSet)
            })
        try bench.event(1, key: 2)
        try bench.event(2, key: 1)
        try bench.end()
        #expect(bench.rows.sorted() == ["1 clock alarm500 end", "2 clock alarm500 end"])
        #expect(bench.wakeInstant == nil)
    }

    @Test("a process that does not say that it uses the clock cannot, and one that does is said to be unrepeatable")
    func undeclared() throws {
        var bench = try Bench(
            Alarms(usesProcessingTime: false) { _, timers in timers.setProcessing(at: Self.at(1)) })
        let error = #expect(throws: EngineError.self) { try bench.event(1) }
        #expect(error?.summary.contains("does not say that it uses processing time") == true)
        let stage = StageDescription.operation(AnyOperator(Alarms { _, _ in }))
        #expect(stage.unrepeatable == "processing time" && stage.isWaking)
        let other = StageDescription.operation(AnyOperator(Alarms(usesProcessingTime: false) { _, _ in }))
        #expect(other.unrepeatable == nil && !other.isWaking)
    }

    @Test("a run fires them while its source waits")
    func wholeRun() async throws {
        let clock = VirtualClock()
        var paced = PacedSource(partitions: [
            [.e(1)] + Array(repeating: PacedSource.Pace.nothing(100), count: 50) + [.e(2)]
        ])
        paced.disorder = .marks
        let process = Alarms { event, timers in
            timers.setProcessing("alarm \(event.number) ", at: timers.processingTime.adding(20))
        }
        for parallelism in [1, 2] {
            let collector = Collector(String.self)
            let flow = FlowDescription(
                name: "f",
                stages: [
                    .from(paced), .keyBy { (s: Sample) in s.key },
                    .operation(AnyOperator(process, isArrivalOrder: true)), .to(collector),
                ])
            var options = RunOptions()
            options.clock = clock
            let plan = try PhysicalPlan([flow], parallelism: parallelism)
            try await PipelineRun(plan, options: options, log: nil).run()
            #expect(collector.values.count == 2)
            #expect(collector.values.allSatisfy { $0.hasPrefix("0 clock alarm") })
        }
    }
}

extension Timestamp {
    fileprivate func adding(_ nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: self.nanoseconds + nanoseconds)
    }
}
