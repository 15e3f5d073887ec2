/// Flats and darks from elsewhere, in place of those that a scan has.
struct OtherFrames {
    private var sections: [ScanSection] = []
    private var kinds: Set<FrameKind> = []

    /// None: a scan keeps its own.
    init() {}

    /// Takes the place of all frames of a kind.
    mutating func add(_ found: [ScanSection], of kind: FrameKind) {
        sections = found + sections
        kinds.insert(kind)
    }

    /// The sections of a scan with these in front in place of its own; empty ones are left out.
    func replace(in own: [ScanSection]) -> [ScanSection] {
        (sections + own.filter { !kinds.contains($0.kind) }).filter { !$0.range.isEmpty }
    }
}
