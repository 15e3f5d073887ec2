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

extension [ScanSection] {
    /// The number of all frames.
    var frameCount: Int { lazy.map(\.range.count).reduce(0, +) }

    /// What comes before the projection with the number `count`.
    func first(projections count: Int) -> [ScanSection] {
        var left = count
        var result: [ScanSection] = []
        for section in self {
            guard section.kind == .projection, section.range.count > left else {
                if section.kind == .projection { left -= section.range.count }
                result.append(section)
                continue
            }
            var part = section
            part.range = section.range.prefix(left)
            if !part.range.isEmpty { result.append(part) }
            break
        }
        return result
    }
}
