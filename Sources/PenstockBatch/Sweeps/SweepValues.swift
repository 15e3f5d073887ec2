internal import Foundation

/// The values of an option as the command line has them.
enum SweepValues {
    /// The option and its values, in order.
    /// - Throws: `BatchError.wrongJob`.
    static func parse(_ text: String) throws(BatchError) -> (key: String, values: [String]) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let form = "write an option and its values, such as centre=290:300:1 or filter=ramp,hann"
        guard parts.count == 2, !parts[0].isEmpty else {
            throw BatchError(.wrongJob, "--sweep \"\(text)\" names no option with values", hint: form)
        }
        let (key, list) = (parts[0], parts[1])
        guard !key.hasPrefix("-") else {
            let name = String(key.drop { $0 == "-" })
            throw BatchError(
                .wrongJob, "--sweep \"\(text)\" has dashes", hint: "write the option without them: \(name)=\(list)")
        }
        guard !list.isEmpty else { throw BatchError(.wrongJob, "--sweep \(key)= has no values", hint: form) }
        let ends = list.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if !list.contains(","), let first = ends.first, number(first) != nil, ends.count > 1 {
            return (key, try range(key, list, ends))
        }
        let values = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !values.contains("") else {
            throw BatchError(
                .wrongJob, "--sweep \(text) has an empty value", hint: "there is a comma too many")
        }
        guard values.count <= Sweep.mostTasks else { throw tooMany("\(values.count)") }
        var seen: Set<String> = []
        if let twice = values.first(where: { !seen.insert($0).inserted }) {
            throw BatchError(
                .wrongJob, "--sweep \(key) has the value \(twice) twice",
                hint: "two tasks would do the same: give it once")
        }
        return (key, values)
    }

    static func tooMany(_ count: String) -> BatchError {
        BatchError(
            .wrongJob, "a sweep of \(count) tasks is too large: \(Sweep.mostTasks) are the most",
            hint: "choose a larger step or fewer values, or submit several sweeps")
    }

    /// The numbers from the first to the last in steps, both ends included, in decimal arithmetic: steps of 0.1 are what they say.
    private static func range(_ key: String, _ text: String, _ ends: [String]) throws(BatchError) -> [String] {
        func wrong(_ problem: String, _ hint: String) -> BatchError {
            BatchError(.wrongJob, "--sweep \(key)=\(text) \(problem)", hint: hint)
        }
        guard ends.count == 3 else {
            throw wrong(
                ends.count == 2 ? "has no step" : "has \(ends.count) numbers",
                "a range is first:last:step, such as \(key)=\(ends[0]):\(ends[1]):1")
        }
        for end in ends where number(end) == nil {
            throw wrong("is no range: \"\(end)\" is no number", "a range is first:last:step, such as 290:300:0.5")
        }
        let numbers = ends.compactMap(number)
        let (first, last, step) = (numbers[0], numbers[1], numbers[2])
        guard step != 0 else {
            throw wrong("has a step of 0", "choose another step, such as \(key)=\(ends[0]):\(ends[1]):1")
        }
        guard first == last || (last > first) == (step > 0) else {
            throw wrong(
                "has no values: its steps lead away from \(ends[1])", "write \(key)=\(ends[0]):\(ends[1]):\(-step)")
        }
        // Compared before anything is counted: a slip of the step must not fill the memory.
        guard ((last - first) / step) < Decimal(Sweep.mostTasks) else {
            throw wrong("is too large: \(Sweep.mostTasks) tasks are the most", "choose a larger step")
        }
        var quotient = (last - first) / step
        var steps = Decimal()
        NSDecimalRound(&steps, &quotient, 0, .down)
        // Multiples of the step, so that nothing adds up.
        return (0...NSDecimalNumber(decimal: steps).intValue).map { "\(first + Decimal($0) * step)" }
    }

    /// A decimal number; nil for any other text.
    private static func number(_ text: String) -> Decimal? {
        let isNumber = text.wholeMatch(of: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?/) != nil
        guard isNumber, let number = Decimal(string: text), number.isFinite else { return nil }
        return number
    }
}
