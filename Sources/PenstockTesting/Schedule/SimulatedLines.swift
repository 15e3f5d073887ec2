/// The threads of a simulation, with what each is to do in the order in which it came. Those of a stopped process wait.
struct SimulatedLines {
    /// A thread of a process.
    private struct Thread: Hashable {
        let process: String
        let name: String
    }

    private struct Line {
        let process: String
        var work: [@Sendable () -> Void] = []
        var taken = 0

        var isEmpty: Bool { taken == work.count }

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

    private var lines: [Line] = []
    private var places: [Thread: Int] = [:]
    /// Which lines have something to do.
    private var ready: [Int] = []
    /// How often each process is stopped.
    private var stopped: [String: Int] = [:]

    /// Whether nobody has anything to do, apart from stopped processes.
    var isEmpty: Bool { ready.isEmpty }

    mutating func add(_ work: @escaping @Sendable () -> Void, to name: String, of process: String) {
        let thread = Thread(process: process, name: name)
        let line = places[thread] ?? lines.count
        if line == lines.count {
            lines.append(Line(process: process))
            places[thread] = line
        }
        if lines[line].isEmpty, stopped[process] == nil { ready.append(line) }
        lines[line].work.append(work)
    }

    /// The next piece of work of a thread that is drawn at random, and the process that it is of; nil where there is none.
    mutating func take(_ random: inout SeededRandom) -> (process: String, work: @Sendable () -> Void)? {
        guard !ready.isEmpty else { return nil }
        let place = ready.count == 1 ? 0 : random.below(ready.count)
        let line = ready[place]
        let work = lines[line].take()
        if lines[line].isEmpty { ready.remove(at: place) }
        return (lines[line].process, work)
    }

    /// Lets a process do nothing until it goes on as often as it was stopped.
    mutating func stop(_ process: String) {
        stopped[process, default: 0] += 1
        ready.removeAll { lines[$0].process == process }
    }

    /// Lets a process go on.
    mutating func go(_ process: String) {
        guard let count = stopped[process] else { return }
        stopped[process] = count == 1 ? nil : count - 1
        guard count == 1 else { return }
        ready += lines.indices.filter { lines[$0].process == process && !lines[$0].isEmpty }
    }
}
