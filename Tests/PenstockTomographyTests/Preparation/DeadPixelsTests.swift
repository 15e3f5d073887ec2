import Testing

@testable import PenstockTomography

/// Expected values are straight lines by hand.
@Suite struct DeadPixelsTests {
    /// Repairs rows of values, of which those are dead where the flat is not above the dark.
    private func repaired(_ values: [[Float]], dead: [[Int]]) -> (values: [[Float]], remark: String) {
        let columns = values[0].count
        let flat = dead.flatMap { row in (0..<columns).map { Float(row.contains($0) ? 5 : 9) } }
        let pixels = DeadPixels(flat: flat, dark: flat.map { _ in 5 }, columns: columns)
        var all = values.flatMap(\.self)
        all.withUnsafeMutableBufferPointer { pixels.repair($0) }
        return (
            values.indices.map { Array(all[$0 * columns..<($0 + 1) * columns]) },
            pixels.isEmpty ? "" : pixels.remark(firstRow: 10)
        )
    }

    @Test("dead pixels lie on the line between the live ones beside them, and at an edge are like the nearest one")
    func pixels() {
        let result = repaired([[9, 1, 9, 9, 4, 9], [1, 2, 3, 4, 5, 6]], dead: [[0, 2, 3, 5], []])
        #expect(result.values == [[1, 1, 2, 3, 4, 4], [1, 2, 3, 4, 5, 6]])
        #expect(
            result.remark
                == "no flat is brighter than the darks in 4 pixels of the detector: values there are interpolated from the "
                + "pixels beside them")
    }

    @Test("a dead column is named once")
    func column() {
        let result = repaired([[0, 9, 2], [4, 9, 6]], dead: [[1], [1]])
        #expect(result.values == [[0, 1, 2], [4, 5, 6]])
        #expect(result.remark.hasPrefix("no flat is brighter than the darks in column 1 of the detector"))
    }

    @Test("dead rows lie between the nearest live ones within four rows, and are air where there is none")
    func rows() {
        let live: [Float] = [2, 4]
        let dead: [Float] = [9, 9]
        let between = repaired([live, dead, dead, [8, 10]], dead: [[], [0, 1], [0, 1], []])
        #expect(between.values == [live, [4, 6], [6, 8], [8, 10]])
        #expect(
            between.remark
                == "no flat is brighter than the darks in rows 11-12 of the detector: values there are interpolated from the "
                + "pixels beside them, and such slices show nothing of their own")
        let far = repaired([live] + Array(repeating: dead, count: 5), dead: [[]] + Array(repeating: [0, 1], count: 5))
        #expect(far.values == Array(repeating: live, count: 5) + [[1, 1]])
        // A live row is repaired before it stands for a dead one.
        #expect(repaired([[3, 9], dead], dead: [[1], [0, 1]]).values == [[3, 3], [3, 3]])
    }

    @Test("a detector without dead pixels is as it was, and a NaN in a flat is dead")
    func none() {
        #expect(repaired([[1, 2]], dead: [[]]).remark == "")
        var values: [Float] = [7, 3]
        let pixels = DeadPixels(flat: [.nan, 9], dark: [5, 5], columns: 2)
        values.withUnsafeMutableBufferPointer { pixels.repair($0) }
        #expect(values == [3, 3])
    }
}
