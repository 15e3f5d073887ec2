import PenstockLog
import PenstockTesting

/// One step of a simulated program.
enum Step {
    /// Makes another topic.
    case create
    /// Hands batches over, then waits for all acknowledgements; with a reader at work beside it.
    case append(batches: Int, isWatched: Bool)
    /// Hands a control record over.
    case control
    /// Closes a writer.
    case close
    /// Reads some records from a random offset.
    case read
    /// Reads from another process.
    case readElsewhere
    /// Reads everything and compares.
    case check
    /// Ends the process now.
    case crash(Crash)
    /// Ends the process in the middle of a later call.
    case planCrash(Crash, atCall: Int)
    /// Calls fail from now on.
    case faults(FaultPlan)
    /// Nothing fails from now on.
    case repair
    /// The disk has this many bytes left.
    case fill(free: Int)
    /// Gives up the records before a random offset.
    case truncate
    /// Keeps no more than about this many bytes from now on.
    case retain(bytes: Int)
    /// Compacts what is sealed.
    case compact
    /// Hands batches of a producer over, those again that it does not know to be there.
    case produce(batches: Int)
    /// Appends to two partitions in a transaction.
    case transact(commits: Bool)
    /// Commits positions of a consumer group.
    case commitPositions
    /// Changes bits of a sealed segment.
    case rot
}

extension Step {
    /// How often each kind of step is taken, and how one is made.
    private static let choices: [(weight: Int, make: @Sendable (inout SeededRandom) -> Step)] = [
        (5, { _ in .create }),
        (40, { .append(batches: 1 + $0.below(4), isWatched: $0.below(4) == 0) }),
        (5, { _ in .control }),
        (6, { _ in .close }),
        (8, { _ in .read }),
        (5, { _ in .readElsewhere }),
        (4, { _ in .check }),
        (6, { .crash($0.coin() ? .process : .power) }),
        (9, { .planCrash($0.coin() ? .process : .power, atCall: 1 + $0.below(30)) }),
        (7, { .faults(plan(&$0)) }),
        (6, { _ in .repair }),
        (3, { .fill(free: $0.below(60_000)) }),
        (3, { _ in .truncate }),
        (2, { .retain(bytes: (1 + $0.below(4)) * 50_000) }),
        (3, { _ in .compact }),
        (8, { .produce(batches: 1 + $0.below(3)) }),
        (8, { .transact(commits: $0.below(4) != 0) }),
        (5, { _ in .commitPositions }),
        (2, { _ in .rot }),
    ]

    static func random(_ random: inout SeededRandom) -> Step {
        var number = random.below(choices.reduce(0) { $0 + $1.weight })
        for choice in choices {
            number -= choice.weight
            if number < 0 { return choice.make(&random) }
        }
        preconditionFailure("the weights add up")
    }

    // One or two kinds of faults at a time, seldom or often: many at once hide each other.
    private static func plan(_ random: inout SeededRandom) -> FaultPlan {
        var plan = FaultPlan()
        for _ in 0...random.below(2) {
            let rate = [0.02, 0.1, 0.5][random.below(3)]
            switch random.below(6) {
            case 0: plan.readErrors = rate
            case 1: plan.writeErrors = rate
            case 2: plan.syncErrors = rate
            case 3: plan.noSpace = rate
            case 4: plan.readFlips = rate
            default: plan.nameErrors = rate
            }
        }
        return plan
    }
}
