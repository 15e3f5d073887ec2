/// A volume of float32 slices and its coarser copies in a Zarr group, as OME-NGFF has images: viewers take the copy that they need.
///
/// Array `0` is the volume, `[z, y, x]`; each next one has half the extents, rounded up, and holds the mean of 2 x 2 x 2 voxels (of fewer at
/// an odd edge), until a slice fits into one chunk. Versions 0.4 (Zarr 2) and 0.5 (Zarr 3) of https://ngff.openmicroscopy.org.
///
/// Slices may come in any order. Those of one layer of chunks wait in memory for each other: 8 slices at the finest array, together about
/// 10 slices when they come in order.
public struct ZarrPyramid: Sendable {
    /// The largest chunk: slices, rows and columns; 2 MiB.
    public static let chunkMax = [8, 256, 256]

    private static let axes = ["z", "y", "x"]

    /// The extents of the arrays, finest first.
    public var shapes: [[Int]] { levels.map(\.array.shape) }

    private var levels: [Level]

    /// Makes the arrays in a folder that exists.
    /// - Parameters:
    ///   - shape: Slices, rows and columns, all positive.
    ///   - name: What viewers call the image.
    ///   - attributes: Texts that are kept as the attribute `process` of the group: how the volume was made.
    /// - Throws: `exists`, `cannotCreate`, `diskFull`, `writeFailed`.
    public init(
        creating folder: String, shape: [Int], name: String, format: ZarrFormat, codec: ZarrCodec,
        attributes: [String: String] = [:]
    ) throws(FormatError) {
        precondition(shape.count == 3 && shape.allSatisfy { $0 > 0 }, "a volume has three positive extents")
        let shapes = Self.shapes(below: shape)
        var levels: [Level] = []
        for (level, shape) in shapes.enumerated() {
            levels.append(
                Level(
                    try ZarrArray(
                        creating: "\(folder)/\(level)", shape: shape,
                        chunk: zip(shape, Self.chunkMax).map { min($0, $1) },
                        of: .f32, axes: Self.axes, format: format, codec: codec)))
        }
        self.levels = levels
        let process = attributes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.text($0.value)) }
        let image = OMEImage(name: name, axes: Self.axes, shapes: shapes)
        try ZarrGroup.describe(
            folder, format: format, attributes: image.attributes(format) + [("process", .object(process))])
    }

    /// Takes a slice of the finest array. Each is given once.
    /// - Precondition: `pixels` has rows x columns elements.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func write(slice: Int, _ pixels: UnsafeBufferPointer<Float>) throws(FormatError) {
        try write(slice: slice, pixels, level: 0)
    }

    /// Writes what still waits: layers of which slices were never given, which count as 0.
    /// - Throws: `diskFull`, `writeFailed`.
    public mutating func finish() throws(FormatError) {
        for level in levels.indices {
            for layer in levels[level].waiting.keys.sorted() { try complete(layer, level: level) }
        }
    }

    private mutating func write(
        slice: Int, _ pixels: UnsafeBufferPointer<Float>, level: Int
    ) throws(FormatError) {
        if let layer = levels[level].take(slice, pixels) { try complete(layer, level: level) }
    }

    /// Writes the chunks of a layer, and gives the next array its share.
    private mutating func complete(_ layer: Int, level: Int) throws(FormatError) {
        guard let slices = levels[level].waiting.removeValue(forKey: layer)?.slices else { return }
        let voxels = VoxelLayer(
            rows: levels[level].array.shape[1], columns: levels[level].array.shape[2], slices: slices)
        try levels[level].write(voxels, layer: layer)
        guard level + 1 < levels.count else { return }
        // A layer has an even number of slices, or is the only one: pairs do not cross layers.
        let first = layer * levels[level].array.chunk[0] / 2
        for (offset, coarse) in voxels.halved().enumerated() {
            var failure: FormatError?
            coarse.withUnsafeBufferPointer { pixels in
                do throws(FormatError) {
                    try write(slice: first + offset, pixels, level: level + 1)
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// The extents of all arrays.
    private static func shapes(below finest: [Int]) -> [[Int]] {
        var shapes = [finest]
        while let last = shapes.last, last[1] > chunkMax[1] || last[2] > chunkMax[2] {
            shapes.append(last.map { ($0 + 1) / 2 })
        }
        return shapes
    }
}

/// One array of a pyramid, and the layers of chunks that wait for their slices.
private struct Level: Sendable {
    let array: ZarrArray
    var waiting: [Int: Layer] = [:]

    init(_ array: ZarrArray) { self.array = array }

    /// Keeps a slice; the number of its layer where that is now complete.
    mutating func take(_ slice: Int, _ pixels: UnsafeBufferPointer<Float>) -> Int? {
        precondition(pixels.count == array.shape[1] * array.shape[2], "a slice has rows x columns pixels")
        precondition((0..<array.shape[0]).contains(slice), "there is no such slice")
        let depth = array.chunk[0]
        let layer = slice / depth
        let count = min(depth, array.shape[0] - layer * depth)
        var kept = waiting.removeValue(forKey: layer) ?? Layer(count: count, pixels: pixels.count)
        kept.slices[slice % depth] = Array(pixels)
        kept.missing -= 1
        let isComplete = kept.missing == 0
        waiting[layer] = kept
        return isComplete ? layer : nil
    }

    /// Writes the chunks of a layer.
    func write(_ voxels: VoxelLayer, layer: Int) throws(FormatError) {
        let counts = array.chunkCounts
        for row in 0..<counts[1] {
            for column in 0..<counts[2] {
                let values = voxels.part(
                    chunk: array.chunk, row: row * array.chunk[1], column: column * array.chunk[2])
                var failure: FormatError?
                values.withUnsafeBytes { bytes in
                    do throws(FormatError) {
                        try array.write(chunk: [layer, row, column], bytes)
                    } catch { failure = error }
                }
                if let failure { throw failure }
            }
        }
    }

    struct Layer: Sendable {
        var slices: [[Float]]
        var missing: Int

        init(count: Int, pixels: Int) {
            slices = Array(repeating: Array(repeating: 0, count: pixels), count: count)
            missing = count
        }
    }
}
