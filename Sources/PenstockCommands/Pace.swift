/// How fast work goes on.
package struct Pace {
    /// Units a second; 0 where that cannot be said yet.
    package let rate: Double
    private let done: Int

    /// - Parameters:
    ///   - done: units of work.
    ///   - seconds: since the beginning.
    package init(_ done: Int, in seconds: Double) {
        self.done = done
        rate = seconds > 0 ? Double(done) / seconds : 0
    }

    /// `12 s left`; nil where nothing is left, or that cannot be said yet.
    package func left(of total: Int) -> String? {
        guard rate > 0, done < total else { return nil }
        return "\(Int((Double(total - done) / rate).rounded(.up))) s left"
    }
}
