/// Which rows of the detector a part of a scan needs, and which of them become its slices.
public struct PartRows: Sendable, Hashable {
    /// The part.
    public let part: DetectorPart
    private let crop: Range<Int>?
    private let binning: Int
    private let needsAllRows: Bool

    /// The rows of a part of a scan.
    /// - Parameters:
    ///   - crop: The detector rows that become slices; nil for all.
    ///   - binning: How many of them become one.
    ///   - needsAllRows: Whether there are filters of whole projections, such as phase retrieval, which takes their Fourier transform. Their
    ///     result would differ in its last bits if they saw fewer rows.
    public init(_ part: DetectorPart, crop: Range<Int>? = nil, binning: Int = 1, needsAllRows: Bool = false) {
        precondition(binning >= 1, "a row becomes one at least")
        self.part = part
        self.crop = crop
        self.binning = binning
        self.needsAllRows = needsAllRows
    }

    /// The part's own rows behind cropping and binning, counted as `Projection.firstRow` counts them.
    /// - Throws: `TomographyError.partIsEmpty`, `rowOutside`
    func own(ofDetector rows: Int) throws(TomographyError) -> Range<Int> {
        let (kept, own) = try ranges(rows)
        let first = kept.lowerBound / binning
        return own.lowerBound + first..<own.upperBound + first
    }

    /// The rows of the detector that are read: its own, and those that dead rows are repaired from.
    /// - Throws: `TomographyError.partIsEmpty`, `rowOutside`
    func read(ofDetector rows: Int) throws(TomographyError) -> Range<Int> {
        let (kept, own) = try ranges(rows)
        guard !needsAllRows else { return 0..<rows }
        // Whole binned rows, so that binning begins where it does in the whole scan.
        let reach = (DeadPixels.reachRows + binning - 1) / binning
        let first = kept.lowerBound + binning * (own.lowerBound - reach)
        let end = kept.lowerBound + binning * (own.upperBound + reach)
        return (first < kept.lowerBound ? max(0, kept.lowerBound - DeadPixels.reachRows) : first)..<min(rows, end)
    }

    private func ranges(_ rows: Int) throws(TomographyError) -> (kept: Range<Int>, own: Range<Int>) {
        let kept = crop ?? 0..<rows
        guard kept.upperBound <= rows else { throw .rowOutside(kept.upperBound - 1, rows: 0..<rows) }
        return (kept, try part.rows(of: kept.count / binning))
    }
}
