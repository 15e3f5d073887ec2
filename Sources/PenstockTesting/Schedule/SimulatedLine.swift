/// What a simulated thread is to do, in the order in which it came.
struct SimulatedLine {
    let name: String
    private var work: [@Sendable () -> Void] = []
    private var taken = 0

    init(name: String) { self.name = name }

    var isEmpty: Bool { taken == work.count }

    mutating func add(_ piece: @escaping @Sendable () -> Void) { work.append(piece) }

    /// The next piece of work; there must be one.
    mutating func take() -> @Sendable () -> Void {
        defer {
            taken += 1
            if taken == work.count {
                work.removeAll(keepingCapacity: true)
                taken = 0
            }
        }
        return work[taken]
    }
}
