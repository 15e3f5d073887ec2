/// What OME-NGFF says about an image of several resolutions: version 0.4 in Zarr 2, version 0.5 in Zarr 3
/// (https://ngff.openmicroscopy.org/0.5; J. Moore et al. 2021, DOI 10.1038/s41592-021-01326-w).
struct OMEImage {
    let name: String
    let axes: [String]
    /// The extents of the arrays, finest first; they are named `0`, `1` and so on.
    let shapes: [[Int]]

    /// The attributes of the group.
    func attributes(_ format: ZarrFormat) -> [(String, JSONValue)] {
        switch format {
        case .v2: [("multiscales", multiscales(version: "0.4"))]
        case .v3: [("ome", .object([("version", "0.5"), ("multiscales", multiscales(version: nil))]))]
        }
    }

    private func multiscales(version: String?) -> JSONValue {
        let members: [(String, JSONValue)] =
            (version.map { [("version", .text($0))] } ?? []) + [
                ("name", .text(name)),
                ("axes", .array(axes.map { .object([("name", .text($0)), ("type", "space")]) })),
                ("datasets", .array(shapes.indices.map { dataset($0) })), ("type", "mean"),
            ]
        return .array([.object(members)])
    }

    /// Where the voxels of an array lie, in voxels of the finest: the middle of a coarse voxel is that of the voxels it stands for.
    private func dataset(_ level: Int) -> JSONValue {
        let scale = axes.indices.map { axis in
            Double(1 << shapes[..<level].count { $0[axis] > 1 })
        }
        var transformations = [transformation("scale", scale)]
        if level > 0 { transformations.append(transformation("translation", scale.map { ($0 - 1) / 2 })) }
        return .object([("path", .text("\(level)")), ("coordinateTransformations", .array(transformations))])
    }

    private func transformation(_ type: String, _ values: [Double]) -> JSONValue {
        .object([("type", .text(type)), (type, .array(values.map { .number($0) }))])
    }
}
