internal import PenstockEvents

/// What all slices of a window share, whatever the method: immutable, and shared by threads, each with its own memory.
package protocol ReconstructionPlan: Sendable {
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
package struct SlicePair {
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

    /// A pair; `odd` and `oddImage` are both there or both nil.
    package init(
        even: UnsafeBufferPointer<UnsafePointer<Float>>, odd: UnsafeBufferPointer<UnsafePointer<Float>>?,
        evenImage: UnsafeMutablePointer<Float>, oddImage: UnsafeMutablePointer<Float>?, isWarm: Bool = false
    ) {
        self.even = even
        self.odd = odd
        self.evenImage = evenImage
        self.oddImage = oddImage
        self.isWarm = isWarm
    }
}

/// What a thread keeps from one pair to the next. Sound to share: it is in the pool, or belongs to one thread.
package final class ThreadMemory<Value: ~Copyable>: @unchecked Sendable {
    var value: Value

    init(_ value: consuming Value) { self.value = value }
}

/// The memory of threads that have done a pair, for those that do the next.
package final class MemoryPool: Sendable {
    private let free = Guarded<[any AnyObject & Sendable]>([])

    /// No memory yet.
    package init() {}

    /// Reconstructs a pair in memory that is there, or in new.
    package func reconstruct<Plan: ReconstructionPlan>(_ pair: SlicePair, by plan: Plan) {
        withMemory(where: plan.fits, plan.makeMemory) { plan.reconstruct(pair, memory: $0) }
    }

    /// Calls `body` with memory that is there and fits, or with new.
    func withMemory<Memory: AnyObject & Sendable>(
        where fits: (Memory) -> Bool, _ make: () -> Memory, _ body: (Memory) -> Void
    ) {
        let kept = free.withLock { $0.popLast() } as? Memory
        let memory = kept.flatMap { fits($0) ? $0 : nil } ?? make()
        body(memory)
        free.withLock { $0.append(memory) }
    }
}

extension GridrecPlan: ReconstructionPlan {
    package func makeMemory() -> ThreadMemory<GridrecWorkspace> { ThreadMemory(GridrecWorkspace(for: self)) }

    package func fits(_ memory: ThreadMemory<GridrecWorkspace>) -> Bool { memory.value.fits(self) }

    package func reconstruct(_ pair: SlicePair, memory: ThreadMemory<GridrecWorkspace>) {
        reconstruct(
            even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, workspace: &memory.value)
    }
}

extension FilteredBackProjectionPlan: ReconstructionPlan {
    package func makeMemory() -> ThreadMemory<FilteredBackProjectionMemory> {
        ThreadMemory(FilteredBackProjectionMemory(for: self))
    }

    package func fits(_ memory: ThreadMemory<FilteredBackProjectionMemory>) -> Bool {
        memory.value.columns == columns && memory.value.angles == angleCount
    }

    package func reconstruct(_ pair: SlicePair, memory: ThreadMemory<FilteredBackProjectionMemory>) {
        reconstruct(even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, memory: &memory.value)
    }
}

extension IterativePlan: ReconstructionPlan {
    package func makeMemory() -> ThreadMemory<IterativeMemory> {
        ThreadMemory(IterativeMemory(columns: columns, angles: angleCount))
    }

    package func fits(_ memory: ThreadMemory<IterativeMemory>) -> Bool {
        memory.value.columns == columns && memory.value.angles == angleCount
    }

    package func reconstruct(_ pair: SlicePair, memory: ThreadMemory<IterativeMemory>) {
        reconstruct(
            even: pair.even, odd: pair.odd, into: pair.evenImage, pair.oddImage, isWarm: pair.isWarm,
            memory: &memory.value)
    }
}
