public import PenstockEvents

/// How far a kernel came: all rows, or up to the one whose event it could not handle.
public struct KernelOutcome {
    /// The number of rows that were done.
    public let processed: Int
    /// What the author's function threw for the next row, or nil.
    public let failure: (any Error)?

    /// All `processed` rows are done.
    @inlinable public init(processed: Int) {
        self.processed = processed
        failure = nil
    }

    /// The rows before `row` are done; `failure` was thrown for it.
    @inlinable public init(failedAt row: Int, _ failure: any Error) {
        processed = row
        self.failure = failure
    }
}

/// One value for each row: what `Map` does. Formed at the author's call site, so that the loop contains the author's closure.
public struct MapKernel: Sendable {
    let output: ValueType
    let run: @Sendable (Rows, UnsafeRawPointer, UnsafeMutableRawPointer) -> KernelOutcome

    /// A kernel that initialises, for each row, the value of `output` at the row's place from the input at the same place.
    public init(
        output: ValueType,
        run:
            @escaping @Sendable (_ rows: Rows, _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) ->
            KernelOutcome
    ) {
        self.output = output
        self.run = run
    }
}

/// The rows that stay: what `Filter` does.
public struct FilterKernel: Sendable {
    let run: @Sendable (Rows, UnsafeRawPointer, UnsafeMutablePointer<UInt32>, inout Int) -> KernelOutcome

    /// A kernel that writes the numbers of the rows that stay, in ascending order, and adds how many there are.
    public init(
        run:
            @escaping @Sendable (
                _ rows: Rows, _ input: UnsafeRawPointer, _ kept: UnsafeMutablePointer<UInt32>, _ keptCount: inout Int
            ) -> KernelOutcome
    ) {
        self.run = run
    }
}

/// The key of each row: what `KeyBy` does.
public struct KeyKernel: Sendable {
    enum Form: Sendable {
        case fixedWidth(@Sendable (Rows, UnsafeRawPointer, UnsafeMutablePointer<UInt64>) -> KernelOutcome)
        case bytes(@Sendable (Rows, UnsafeRawPointer, UnsafeMutablePointer<UInt64>, inout KeyArena) -> KernelOutcome)
    }

    let form: Form

    /// A kernel for keys of at most 64 bits: writes `SplitMix64.mix` of the canonical integer for each row.
    public init(
        fixedWidth:
            @escaping @Sendable (
                _ rows: Rows, _ input: UnsafeRawPointer, _ hashes: UnsafeMutablePointer<UInt64>
            ) -> KernelOutcome
    ) {
        form = .fixedWidth(fixedWidth)
    }

    /// A kernel for longer keys: writes XXH64 of the canonical bytes for each row and puts the bytes into the arena.
    public init(
        bytes:
            @escaping @Sendable (
                _ rows: Rows, _ input: UnsafeRawPointer, _ hashes: UnsafeMutablePointer<UInt64>, _ arena: inout KeyArena
            ) -> KernelOutcome
    ) {
        form = .bytes(bytes)
    }
}

extension KeyArena {
    /// Sets the key of `row` and gives its hash; rows come in ascending order.
    @inlinable public mutating func append(_ key: some EventKey, row: Int) -> UInt64 {
        key.withCanonicalBytes { bytes in
            append(bytes, row: row)
            return XXHash64.hash(bytes)
        }
    }
}

/// A number taken from each row: what an aggregate works on.
public struct NumberKernel: Sendable {
    enum Form: Sendable {
        case integers(@Sendable (Rows, UnsafeRawPointer, UnsafeMutablePointer<Int64>) -> KernelOutcome)
        case floats(@Sendable (Rows, UnsafeRawPointer, UnsafeMutablePointer<Double>) -> KernelOutcome)
    }

    let form: Form
    /// The range of the integers' type, where that has fewer than 64 bits: a sum has to fit into it.
    let limits: ClosedRange<Int64>?

    /// A kernel that writes an integer at each row's place; `limits` is the range of sums, where that is not all of 64 bits.
    public init(
        limits: ClosedRange<Int64>? = nil,
        integers:
            @escaping @Sendable (_ rows: Rows, _ input: UnsafeRawPointer, _ numbers: UnsafeMutablePointer<Int64>) ->
            KernelOutcome
    ) {
        form = .integers(integers)
        self.limits = limits
    }

    /// A kernel that writes a floating-point number at each row's place.
    public init(
        floats:
            @escaping @Sendable (_ rows: Rows, _ input: UnsafeRawPointer, _ numbers: UnsafeMutablePointer<Double>) ->
            KernelOutcome
    ) {
        form = .floats(floats)
        limits = nil
    }
}
