/// Rows of projections in memory, in sinogram order [row, angle, column] or projection order [angle, row, column].
///
/// It is a view: the caller keeps the memory alive and unchanged while it is used.
public struct ProjectionStack {
    /// The first value of the first row at the first angle.
    public let base: UnsafePointer<Float>
    /// Rows of the detector that are there.
    public let rowCount: Int
    /// Values from one row to the next at the same angle.
    public let rowStride: Int
    /// Values from one angle to the next in the same row.
    public let angleStride: Int

    /// A view of rows at these distances.
    public init(base: UnsafePointer<Float>, rowCount: Int, rowStride: Int, angleStride: Int) {
        precondition(rowCount >= 0, "a stack has no negative number of rows")
        self.base = base
        self.rowCount = rowCount
        self.rowStride = rowStride
        self.angleStride = angleStride
    }

    /// A view of `[row, angle, column]`.
    public static func sinograms(_ base: UnsafePointer<Float>, rows: Int, angles: Int, columns: Int) -> Self {
        Self(base: base, rowCount: rows, rowStride: angles * columns, angleStride: columns)
    }

    /// A view of `[angle, row, column]`.
    public static func projections(_ base: UnsafePointer<Float>, rows: Int, columns: Int) -> Self {
        Self(base: base, rowCount: rows, rowStride: columns, angleStride: rows * columns)
    }

    /// Where one row begins at each of the angles.
    func pointers(row: Int, angleCount: Int) -> [UnsafePointer<Float>] {
        (0..<angleCount).map { base + row * rowStride + $0 * angleStride }
    }
}
