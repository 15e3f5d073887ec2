internal import PenstockEvents

/// What all slices of a window share, whatever the method: immutable, and shared by threads, each with its own memory.
protocol ReconstructionPlan: Sendable {
    /// The memory of a thread.
    associatedtype Memory: AnyObject & Sendable

    /// Columns of the detector, and width and height of the image.
    var columns: Int { get }
    /// How the angles are spread.
    var weights: AngularWeights { get }

    /// New memory.
    func makeMemory() -> Memory

    /// Whether memory that was made for another plan serves this one, too.
    func fits(_ memory: Memory) -> Bool

    /// Reconstructs a pair of slices.
    func reconstruct(_ pair: SlicePair, memory: Memory)
}

/// The rows 2i and 2i + 1 of a detector at all angles of a plan, and where their images go.
struct SlicePair {
    /// For each angle the values of the even row, after -log.
    let even: UnsafeBufferPointer<UnsafePointer<Float>>
    /// The same for the odd row, or nil where the detector has none.
    let odd: UnsafeBufferPointer<UnsafePointer<Float>>?
    /// The image of the even row.
    let evenImage: UnsafeMutablePointer<Float>
    /// The image of the odd row; nil where there is none.
    let oddImage: UnsafeMutablePointer<Float>?
    /// Whether the images hold what an iterative method is to begin with.
    let isWarm: Bool
}

/// What a thread keeps from one pair to the next. Sound to share: it is in the pool, or belongs to one thread.
final class ThreadMemory<Value: ~Copyable>: @unchecked Sendable {
    var value: Value

    init(_ value: consuming Value) { self.value = value }
}

/// The memory of threads that have done a pair, for those that do the next.
final class MemoryPool: Sendable {
    private let free = Guarded<[any AnyObject & Sendable]>([])

    /// Reconstructs a pair in memory that is there, or in new.
    func reconstruct<Plan: ReconstructionPlan>(_ pair: SlicePair, by plan: Plan) {
        var memory = free.withLock { $0.popLast() } as? Plan.Memory
        if let present = memory, !plan.fits(present) { memory = nil }
        let used = memory ?? plan.makeMemory()
        plan.reconstruct(pair, memory: used)
        free.withLock { $0.append(used) }
    }
}

extension GridrecPlan: ReconstructionPlan {
    func makeMemory() -> ThreadMemory<GridrecWorkspace> { ThreadMemory(GridrecWorkspace(for: self)) }

    func fits(_ memory: ThreadMemory<GridrecWorkspace>) -> Bool { memory.value.fits(self) }

    func reconstruct(_ pair: SlicePair, memory: ThreadMemory<GridrecWorkspace>) {
        reconstruct(
            even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, workspace: &memory.value)
    }
}

extension FilteredBackProjectionPlan: ReconstructionPlan {
    func makeMemory() -> ThreadMemory<FilteredBackProjectionMemory> {
        ThreadMemory(FilteredBackProjectionMemory(for: self))
    }

    func fits(_ memory: ThreadMemory<FilteredBackProjectionMemory>) -> Bool {
        memory.value.columns == columns && memory.value.angles == angleCount
    }

    func reconstruct(_ pair: SlicePair, memory: ThreadMemory<FilteredBackProjectionMemory>) {
        reconstruct(even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, memory: &memory.value)
    }
}

extension IterativePlan: ReconstructionPlan {
    func makeMemory() -> ThreadMemory<IterativeMemory> {
        ThreadMemory(IterativeMemory(columns: columns, angles: angleCount))
    }

    func fits(_ memory: ThreadMemory<IterativeMemory>) -> Bool {
        memory.value.columns == columns && memory.value.angles == angleCount
    }

    func reconstruct(_ pair: SlicePair, memory: ThreadMemory<IterativeMemory>) {
        reconstruct(
            even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, isWarm: pair.isWarm,
            memory: &memory.value)
    }
}
