import PenstockEvents

@testable import PenstockEngine

/// A process with states and timers of every kind.
struct Ledger: KeyedProcess {
    typealias Key = Int64
    let total = ReducingState("total", of: Int64.self) { $0 + $1 }
    let recent = ListState("recent", of: Int64.self, timeToLive: TimeToLive(.nanoseconds(15)))
    let kinds = MapState("kinds", of: String.self, Int64.self, timeToLive: TimeToLive(.nanoseconds(9)))
    let largest = ValueState(
        "largest", of: Int64.self, timeToLive: TimeToLive(.nanoseconds(11), isRenewedByReading: true))

    func process(
        _ event: Sample, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) throws {
        try state.add(event.number, to: total)
        state.append(event.number, to: recent)
        state[kinds, "kind \(event.number % 3)", default: 0] += 1
        state[largest] = max(state[largest] ?? .min, event.number % 10)
        timers.cancel("idle")
        timers.set("idle", at: context.clock + 12)
        if event.number % 5 == 0 { timers.set("past", at: context.clock + -3) }
        output.append(text(event.number, state, context))
        if event.number % 4 == 0 { output.append("later \(event.number)", at: context.clock + 7) }
    }

    func onTimer(
        _ timer: FiredTimer, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<String>,
        context: ProcessContext<Int64>
    ) {
        output.append(
            "\(timer.name) \(timer.time.nanoseconds)\(timer.isEndOfInput ? " end" : "") " + text(0, state, context))
        guard timer.name == "idle", timers.set("again", at: context.clock + 5) else { return }
        state.clear(total)
    }

    private func text(_ number: Int64, _ state: KeyedState, _ context: ProcessContext<Int64>) -> String {
        let kinds = state.entries(of: kinds).map { "\($0.key):\($0.value)" }.joined(separator: ",")
        return "\(context.key)/\(number) at \(context.clock.nanoseconds)\(context.isBehind ? " behind" : ""): "
            + "\(state[total] ?? -1) \(state[recent]) {\(kinds)} \(state[largest] ?? -1)"
    }
}

extension Timestamp {
    static func + (time: Timestamp, nanoseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds + nanoseconds)
    }
}

/// What stream-semantics.md, section 9, says of the ledger: all events in order, and at each instant a look at all timers.
struct LedgerReference {
    private struct Account {
        var total: Int64?
        var recent: [(number: Int64, written: Int64)] = []
        var kinds: [String: (count: Int64, written: Int64)] = [:]
        var largest: (number: Int64, touched: Int64)?
        var timers: [(time: Int64, name: String)] = []
    }

    private var accounts: [Int64: Account] = [:]
    private var emitted: [(time: Int64, key: Int64, text: String)] = []

    /// The rows in the order in which they leave.
    private(set) var rows: [String] = []

    init(_ input: DisorderedInput) {
        for event in input.placed {
            fire(before: event.effectiveTime, hasEnded: false)
            handle(event)
        }
        fire(before: input.last == .min ? .min : input.last + 1, hasEnded: false)
        fire(before: .max, hasEnded: true)
        rows = emitted.enumerated().sorted {
            ($0.element.time, $0.element.key, $0.offset) < ($1.element.time, $1.element.key, $1.offset)
        }.map(\.element.text)
    }

    private mutating func handle(_ event: DisorderedInput.Placed) {
        let (key, clock, number) = (event.sample.key, event.effectiveTime, event.sample.number)
        var account = accounts[key] ?? Account()
        account.total = (account.total ?? 0) + number
        account.recent.append((number, clock))
        let kind = "kind \(number % 3)"
        let old = account.kinds[kind].flatMap { clock < $0.written + 9 ? $0.count : nil } ?? 0
        account.kinds[kind] = (old + 1, clock)
        let largest = account.largest.flatMap { clock < $0.touched + 11 ? $0.number : nil } ?? .min
        account.largest = (max(largest, number % 10), clock)
        account.timers.removeAll { $0.name == "idle" }
        account.timers.append((clock + 12, "idle"))
        accounts[key] = account
        let behind = event.effectiveTime > event.time ? " behind" : ""
        emit(clock, key, text(number, key, clock, behind))
        if number % 4 == 0 { emit(clock + 7, key, "later \(number)") }
        if number % 5 == 0 { fire("past", clock - 3, key, clock, hasEnded: false) }
    }

    private mutating func fire(before limit: Int64, hasEnded: Bool) {
        while true {
            var next: (time: Int64, key: Int64, name: String)?
            for (key, account) in accounts {
                for timer in account.timers where timer.time < limit {
                    if let known = next, known < (timer.time, key, timer.name) { continue }
                    next = (timer.time, key, timer.name)
                }
            }
            guard let (time, key, name) = next else { return }
            accounts[key]?.timers.removeAll { $0.time == time && $0.name == name }
            fire(name, time, key, time, hasEnded: hasEnded)
        }
    }

    private mutating func fire(_ name: String, _ time: Int64, _ key: Int64, _ clock: Int64, hasEnded: Bool) {
        emit(clock, key, "\(name) \(time)\(hasEnded ? " end" : "") " + text(0, key, clock, ""))
        guard name == "idle", !hasEnded else { return }
        if accounts[key]?.timers.contains(where: { $0 == (clock + 5, "again") }) == false {
            accounts[key]?.timers.append((clock + 5, "again"))
        }
        accounts[key]?.total = nil
    }

    private mutating func text(_ number: Int64, _ key: Int64, _ clock: Int64, _ behind: String) -> String {
        let account = accounts[key] ?? Account()
        let recent = account.recent.filter { clock < $0.written + 15 }.map(\.number)
        let kinds = account.kinds.filter { clock < $0.value.written + 9 }.sorted { $0.key < $1.key }
        var largest: Int64 = -1
        if let kept = account.largest, clock < kept.touched + 11 {
            largest = kept.number
            accounts[key]?.largest = (kept.number, clock)
        }
        return "\(key)/\(number) at \(clock)\(behind): \(account.total ?? -1) \(recent) "
            + "{\(kinds.map { "\($0.key):\($0.value.count)" }.joined(separator: ","))} \(largest)"
    }

    private mutating func emit(_ time: Int64, _ key: Int64, _ text: String) { emitted.append((time, key, text)) }
}
