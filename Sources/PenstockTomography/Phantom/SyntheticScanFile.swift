public import PenstockFormats

extension SyntheticScan {
    /// Writes the scan as a Data Exchange file, projection by projection: 16-bit counts, `flats` flats and `darks` darks.
    ///
    /// `/measurement/sample/rotation_center`, which is not part of the standard, holds the true centre.
    /// - Throws: `FormatError`; the file appears complete or not at all.
    public func write(
        to path: String, flats: Int = 10, darks: Int = 10, overwrite: Bool = false
    ) throws(FormatError) {
        let pending = try PendingFile(path, overwrites: overwrite)
        do throws(FormatError) {
            try write(into: pending.temporaryPath, flats, darks)
        } catch {
            throw error.naming(path, insteadOf: pending.temporaryPath)
        }
        try pending.commit()
    }

    private func write(into path: String, _ flats: Int, _ darks: Int) throws(FormatError) {
        let file = try HDF5File(creating: path)
        try file.write("exchange:measurement", to: "/implements")
        try Self.write(frames: anglesDegrees.count, to: "/exchange/data", of: file, rows, columns) { projection($0) }
        try Self.write(frames: flats, to: "/exchange/data_white", of: file, rows, columns) { flat($0) }
        try Self.write(frames: darks, to: "/exchange/data_dark", of: file, rows, columns) { dark($0) }
        try file.write(anglesDegrees, to: "/exchange/theta")
        try file.setAttribute("units", of: "/exchange/theta", to: "deg")
        try file.write(centre, to: "/measurement/sample/rotation_center")
        try file.close()
    }

    private static func write(
        frames: Int, to name: String, of file: borrowing HDF5File, _ rows: Int, _ columns: Int,
        _ frame: (Int) -> [UInt16]
    ) throws(FormatError) {
        let dataset = try file.createDataset(name, shape: [frames, rows, columns], of: .u16)
        try file.setAttribute("axes", of: name, to: "theta:y:x")
        try file.setAttribute("units", of: name, to: "counts")
        for index in 0..<frames {
            let counts = frame(index)
            try counts.withUnsafeBufferPointer { (counts) throws(FormatError) in
                try dataset.write(leading: index..<index + 1, from: counts)
            }
        }
    }
}
