internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A bounded number of blocks of memory that are made, and registered with the fabric, once.
///
/// The blocks are pages of one arena, so that the same memory goes from the fabric to the disk without a copy. A pool that is empty is
/// how a receiver says that it has no room. Ownership: the pool owns the arena; a slab belongs to whoever took it, and comes back
/// when the last reference to it goes. The arena lives as long as the pool or any of its slabs.
public final class SlabPool: @unchecked Sendable {
    /// The bytes of each slab: a multiple of 4,096.
    public let slabBytes: Int
    /// How many slabs there are.
    public let slabCount: Int

    /// What a transport knows of the arena, such as its registration; goes before the arena does.
    package let registration: (any Sendable & AnyObject)?
    /// The arena. Its content belongs to whoever has the slabs.
    package let arena: UnsafeMutableRawBufferPointer

    private struct State {
        var free: [Int]
        var waiting: [@Sendable (Slab) -> Void] = []
    }

    private let state: Guarded<State>

    /// A pool whose arena `register` makes known to a transport.
    /// - Throws: `FabricError` with code `outOfMemory`, and what `register` throws.
    package init(
        slabBytes: Int, slabs: Int,
        register: (UnsafeMutableRawBufferPointer) throws(FabricError) -> (any Sendable & AnyObject)? = { _ in nil }
    ) throws(FabricError) {
        precondition(slabBytes > 0 && slabs > 0, "a pool has slabs, and they have bytes")
        let rounded = (slabBytes + 4095) / 4096 * 4096
        let (bytes, overflows) = rounded.multipliedReportingOverflow(by: slabs)
        guard !overflows,
            let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED
        else {
            throw FabricError(
                .outOfMemory, "there is no memory for \(slabs) slabs of \(slabBytes) bytes",
                hint: "ask for fewer slabs, or smaller ones")
        }
        let arena = UnsafeMutableRawBufferPointer(start: base, count: bytes)
        do throws(FabricError) { registration = try register(arena) } catch {
            munmap(base, bytes)
            throw error
        }
        self.arena = arena
        self.slabBytes = rounded
        slabCount = slabs
        state = Guarded(State(free: Array((0..<slabs).reversed())))
    }

    deinit { munmap(arena.baseAddress, arena.count) }

    /// How many slabs are free.
    public var freeCount: Int { state.withLock { $0.free.count } }

    /// A slab, or nil where none is free.
    public func take() -> Slab? {
        let number = state.withLock { $0.free.popLast() }
        return number.map { Slab(self, $0) }
    }

    /// Calls `body` once with a slab: now, or on the thread that gives one back. Those who wait are served in order.
    public func whenFree(_ body: @escaping @Sendable (Slab) -> Void) {
        let number: Int? = state.withLock { state in
            if let number = state.free.popLast() { return number }
            state.waiting.append(body)
            return nil
        }
        if let number { body(Slab(self, number)) }
    }

    fileprivate func giveBack(_ number: Int) {
        let next: (@Sendable (Slab) -> Void)? = state.withLock { state in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.free.append(number)
            return nil
        }
        next?(Slab(self, number))
    }
}

/// A block of memory of a pool; free again when the last reference to it goes.
///
/// Whoever took it writes to it, or a transport does while it pulls into it; from when it is shared or sent nobody writes. That is
/// what makes the unchecked conformance sound.
public final class Slab: @unchecked Sendable {
    /// The pool.
    public let pool: SlabPool
    private let number: Int

    fileprivate init(_ pool: SlabPool, _ number: Int) {
        self.pool = pool
        self.number = number
    }

    deinit { pool.giveBack(number) }

    /// The memory, from a page's beginning on. Its content is anything at first.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: pool.arena[arenaOffset..<arenaOffset + pool.slabBytes])
    }

    /// Where in the pool's arena the slab begins.
    package var arenaOffset: Int { number * pool.slabBytes }

    /// A part of the slab.
    public subscript(range: Range<Int>) -> SlabRange { SlabRange(self, range) }
}

/// A part of a slab, which it keeps from being given back.
public struct SlabRange: Sendable {
    /// The slab.
    public let slab: Slab
    /// Which of its bytes.
    public let range: Range<Int>

    /// The bytes `range` of a slab.
    public init(_ slab: Slab, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= slab.pool.slabBytes, "range outside of the slab")
        self.slab = slab
        self.range = range
    }

    /// How many bytes.
    public var count: Int { range.count }

    /// The memory; valid as long as the slab is held.
    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: slab.bytes[range]) }
}
