import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct PreparationStageTests {
    @Test("rows are divided by the line through the air at their ends")
    func air() throws {
        // Air 2 and 4: the line 2, 2.5, 3, 3.5, 4. Air 0 and -1 counts as 1.
        let projection = Projection.row([2, 5, 3, 7, 4, 0, 5, 3, 7, -1], rows: 2)
        let normalised = try StageDriver(NormaliseAir(columns: 1)).process([projection])[0]
        #expect(normalised.values.floats == [1, 2, 1, 2, 1, 0, 5, 3, 7, -1])
        let mean = try StageDriver(NormaliseAir(columns: 2)).process([Projection.row([1, 3, 8, 3, 1])])[0]
        #expect(mean.values.floats == [0.5, 1.5, 4, 1.5, 0.5])
        #expect(throws: TomographyError.self) {
            try StageDriver(NormaliseAir(columns: 2)).process([Projection.row([1, 1, 1, 1])])
        }
    }

    @Test("a projection is cut to rows and columns, and knows with which row of the detector it begins")
    func crop() throws {
        let projection = Projection.row((0..<12).map(Float.init), rows: 3)
        let cropped = try StageDriver(CropProjections(rows: 1..<3, columns: 1..<3)).process([projection])[0]
        #expect(cropped.values.floats == [5, 6, 9, 10])
        #expect(cropped.rows == 2 && cropped.columns == 2 && cropped.firstRow == 1 && cropped.index == projection.index)
        #expect(try StageDriver(CropProjections(columns: 3..<4)).process([projection])[0].values.floats == [3, 7, 11])
        #expect(throws: TomographyError.self) {
            try StageDriver(CropProjections(columns: 3..<5)).process([projection])
        }
    }

    @Test("squares become their means, and what makes no whole square is left out")
    func binning() throws {
        let projection = Projection.row([1, 2, 3, 4, 9, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9], rows: 3)
        let binned = try StageDriver(BinProjections(factor: 2)).process([projection])[0]
        #expect(binned.values.floats == [3.5, 5.5])
        #expect(binned.rows == 1 && binned.columns == 2)
        #expect(
            try StageDriver(BinProjections(factor: 1)).process([projection])[0].values.floats
                == projection.values.floats)
        #expect(throws: TomographyError.self) { try StageDriver(BinProjections(factor: 4)).process([projection]) }
    }

    @Test("attenuations are put through a polynomial without a constant")
    func beamHardening() throws {
        let projection = Projection.row([0, 1, 2, -1])
        let corrected = try StageDriver(CorrectBeamHardening(coefficients: [1, 0.5, 0.25])).process([projection])[0]
        #expect(corrected.values.floats == [0, 1.75, 6, -0.75])
    }

    @Test("the floor of the logarithm is the one that was given")
    func floor() throws {
        let attenuation = try StageDriver(MinusLog(floor: 0.25)).process([Projection.row([0.5, 0.25, 0.1, -1])])[0]
        for (value, expected) in zip(
            attenuation.values.floats, [0.6931472, 1.3862944, 1.3862944, 1.3862944] as [Float])
        {
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test("phase retrieval gives what NumPy gives by the formula, and leaves an even beam alone")
    func paganin() throws {
        // numpy.pad(edge) to 16 x 24, fft2, times 1 / (1 + pi lambda d f^2 / alpha), f by fftfreq; NumPy 2.4.6.
        let expected: [[Float]] = [
            [0.882533, 0.881376, 0.879719, 0.879811, 0.880025], [0.880375, 0.88006, 0.879426, 0.879495, 0.880834],
            [0.87964, 0.879945, 0.879569, 0.879585, 0.881648],
        ]
        let (rows, columns) = (6, 14)
        let values = (0..<rows * columns).map { pixel in
            1 - 0.3 * Float((pixel % columns * 3 + pixel / columns * 5) % 7) / 7
        }
        let parameters = try PaganinParameters("energy=20,distance=5,pixel=1,alpha=0.002")
        let stage = StageDriver(RetrievePhase(parameters))
        let retrieved = try stage.process([Projection.row(values, rows: rows)])[0].values.floats
        for (row, shown) in zip([0, 3, 5], expected) {
            for (column, value) in zip([0, 1, 6, 7, 13], shown) {
                #expect(abs(retrieved[row * columns + column] - value) < 2e-6, "row \(row), column \(column)")
            }
        }
        let even = try stage.process([Projection.row(Array(repeating: 0.7, count: 30), rows: 5)])[0].values.floats
        #expect(even.allSatisfy { abs($0 - 0.7) < 1e-6 })
        // What is no number counts as 1 and does not spread.
        let holed = try stage.process([Projection.row([1, .nan, 1, 1, .infinity, 1], rows: 2)])[0].values.floats
        #expect(holed.allSatisfy { abs($0 - 1) < 1e-6 })
    }

    @Test("parameters of phase retrieval: wavelength, factor, TomoPy's alpha, and what is missing")
    func paganinParameters() throws {
        let parameters = try PaganinParameters("energy=12.39842,distance=10,pixel=0.5,alpha=0.001")
        // 1 angstrom; pi lambda d f^2 / alpha = 3.14159e-4 f^2 with f in 1/cm.
        #expect(abs(parameters.wavelengthCentimetres - 1e-8) < 1e-20)
        #expect(abs(parameters.factor(frequencySquared: 1000) - 1 / 1.314159265) < 1e-9)
        #expect(abs(PaganinParameters.alpha(ofTomoPy: 0.001) - 0.0394784176) < 1e-9)
        let error = #expect(throws: TomographyError.self) { try PaganinParameters("energy=20,distance=5,alpha=0.1") }
        #expect(error?.summary == "‘energy=20,distance=5,alpha=0.1’: pixel is missing")
    }

    @Test("slices are cut around the axis, which stays on column n/2 and row n - 1 - n/2")
    func cropSlices() throws {
        for (size, width) in [(8, 4), (8, 5), (7, 4), (7, 3), (6, 6)] {
            var pixels = Array(repeating: Float(0), count: size * size)
            pixels[(size - 1 - size / 2) * size + size / 2] = 1
            let slice = ReconstructedSlice(
                scan: ScanID(1), window: 0, projections: 1, isComplete: true, isLast: true, anglesDegrees: 0...1,
                slice: 0, row: 0, sliceCount: 1, size: size, pixels: Payload(pixels))
            let cut = try StageDriver(CropSlices(width: width)).process([slice])[0]
            #expect(cut.size == width)
            #expect(cut.pixels.floats.firstIndex(of: 1) == (width - 1 - width / 2) * width + width / 2)
            #expect(throws: TomographyError.sliceTooSmall(width: size + 1, size: size)) {
                try StageDriver(CropSlices(width: size + 1)).process([slice])
            }
        }
    }
}
