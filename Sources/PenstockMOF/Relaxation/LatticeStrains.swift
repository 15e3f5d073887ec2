public import Penstock
public import PenstockEvents

/// The cell of a framework at a step of its dynamics.
public struct CellFrame: FixedEvent {
    /// The step of the dynamics.
    public let step: UInt64
    private let ax, ay, az, bx, by, bz, cx, cy, cz: Double

    /// A frame.
    public init(step: UInt64, cell: UnitCell) {
        self.step = step
        (ax, ay, az) = (cell.a.x, cell.a.y, cell.a.z)
        (bx, by, bz) = (cell.b.x, cell.b.y, cell.b.z)
        (cx, cy, cz) = (cell.c.x, cell.c.y, cell.c.z)
    }

    /// The cell; nil where the vectors lie in a plane or are not finite, as those of a dynamics that has blown up.
    public var cell: UnitCell? { UnitCell(a: SIMD3(ax, ay, az), b: SIMD3(bx, by, bz), c: SIMD3(cx, cy, cz)) }

    /// What the records of a topic of frames hold: the vectors in Å.
    public static let schema = Schema(
        "mof.CellFrame",
        fields: [.init("step", .u64)]
            + ["ax", "ay", "az", "bx", "by", "bz", "cx", "cy", "cz"].map { .init($0, .f64, unit: "Å") })
}

/// How much a framework has been strained since the first frame of it.
public struct FrameStrain: FixedEvent {
    /// The step of the first frame.
    public let firstStep: UInt64
    /// The step of this frame.
    public let step: UInt64
    /// `LatticeStrain.value`; infinite where there is none, because the cells cannot be compared.
    public let strain: Double

    /// Whether the strain is within a limit.
    public func isStable(upTo limit: Double = LatticeStrain.stableMax) -> Bool { strain <= limit }

    /// What the records of a topic of strains hold.
    public static let schema = Schema(
        "mof.FrameStrain", fields: [.init("first_step", .u64), .init("step", .u64), .init("strain", .f64)])
}

/// The strain of each framework, for each frame but the first, which is what the others are compared with.
///
/// ```swift
/// KeyBy { (frame: NamedFrame) in frame.name }
/// ```
public struct LatticeStrains<Key: EventKey>: KeyedProcess {
    private let first = ValueState("first", of: CellFrame.self)

    /// Strains by key.
    public init() {}

    /// Keeps the first frame, and puts the strain of every other one out.
    public func process(
        _ frame: CellFrame, state: KeyedState, timers: inout KeyTimers, output: inout ProcessOutput<FrameStrain>,
        context: ProcessContext<Key>
    ) {
        guard let start = state[first] else {
            // A frame without a cell is nothing to compare others with.
            if frame.cell != nil { state[first] = frame }
            return
        }
        var strain = Double.infinity
        if let from = start.cell, let to = frame.cell, let found = try? LatticeStrain(from: from, to: to) {
            strain = found.value
        }
        output.append(FrameStrain(firstStep: start.step, step: frame.step, strain: strain))
    }
}
