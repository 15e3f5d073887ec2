/// The answers that were asked for or kept last, as they are written, for less than a number of bytes.
///
/// In two halves: what is used gets into the younger one, and when that is full the older one goes.
struct RecentAnswers {
    /// What an answer takes beside its bytes.
    private static var overhead: Int { 64 }

    private let limit: Int
    private var young: [AnswerKey: [UInt8]] = [:]
    private var old: [AnswerKey: [UInt8]] = [:]
    private var youngBytes = 0

    /// - Parameter limit: The most bytes of both halves.
    init(limit: Int) { self.limit = limit }

    /// The answer for a key, if it is here.
    mutating func answer(for key: AnswerKey) -> [UInt8]? {
        if let answer = young[key] { return answer }
        guard let answer = old[key] else { return nil }
        add(answer, for: key)
        return answer
    }

    /// Keeps an answer, unless it is too large.
    mutating func add(_ answer: [UInt8], for key: AnswerKey) {
        let cost = answer.count + Self.overhead
        guard cost <= limit / 2, young[key] == nil else { return }
        if youngBytes + cost > limit / 2 {
            old = young
            young = [:]
            youngBytes = 0
        }
        young[key] = answer
        youngBytes += cost
    }
}
