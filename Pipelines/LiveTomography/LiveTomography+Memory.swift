import Penstock
import PenstockTomography

extension LiveTomography {
    /// The window of projections, gridrec's grids and the work space of threads, by the formulas of docs/tomography.md.
    func memoryNeeds(threads: Int) throws -> [MemoryNeed] {
        guard let extent = try ScanFile(input.input, scanOptions).extent() else { return [] }
        let projections = windows.projections(of: extent.projections)
        // Cropping and binning make it less.
        let rows = extent.rows
        let columns = preparation.halfAcquisition ? 2 * extent.columns : extent.columns
        var needs = [
            MemoryNeed(
                "a window of \(projections) projections of \(rows) × \(extent.columns) pixels",
                bytes: projections * rows * extent.columns * 4)
        ]
        let square = columns * columns
        let space =
            switch reconstruction.method {
            case .gridrec: 48 * square
            case .filteredBackProjection: 16 * columns * (columns + projections)
            case .sirt, .mlem, .osem: 32 * square + 16 * columns * projections
            case .totalVariation: 56 * square + 16 * columns * projections
            }
        needs.append(MemoryNeed("\(threads) threads of \(reconstruction.method.name)", bytes: threads * space))
        // Beyond 1 GiB every window is summed afresh.
        let grids = 32 * square * ((rows + 1) / 2)
        if case .gridrec = reconstruction.method, windows.areSeveral, grids <= 1 << 30 {
            needs.append(MemoryNeed("the grids of \((rows + 1) / 2) pairs of slices, at most", bytes: grids))
        }
        return needs
    }
}
