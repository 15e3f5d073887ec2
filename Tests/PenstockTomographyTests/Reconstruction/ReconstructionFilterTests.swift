import PenstockEvents
import PenstockTomography
import Testing

@Suite struct ReconstructionFilterTests {
    @Test("the ramp has the first samples of its band-limited kernel, and 1 at Nyquist's frequency")
    func ramp() {
        // r_0 P = 0.2026 = 2/pi^2, r_1 P = 0.976, r_2 P = 2.008: sums of the kernel's series by an independent program.
        let period = 1024
        let response = ReconstructionFilter.ramp.response(period: period)
        let scaled = response.map { $0 / 2 * Double(period) }
        #expect(abs(scaled[0] - 0.2026) < 1e-4)
        #expect(abs(scaled[1] - 0.976) < 1e-3)
        #expect(abs(scaled[2] - 2.008) < 1e-3)
        #expect(abs(scaled[100] - 100) < 1e-2)
        #expect(abs(response[period / 2] - 1) < 1e-3)
        #expect(response.count == period / 2 + 1)
    }

    @Test(
        "windows have the values of their formulas at a quarter and at half a cycle per pixel",
        arguments: [
            (ReconstructionFilter.shepp, 0.900316, 0.636620), (.cosine, 0.707107, 0), (.hann, 0.5, 0),
            (.hamming, 0.54, 0.08), (.parzen, 0.125, 0), (.butterworth, 0.999985, 0.5), (.ramp, 1, 1), (.none, 1, 1),
        ])
    func windows(filter: ReconstructionFilter, quarter: Double, half: Double) {
        #expect(filter.window(atCyclesPerPixel: 0) == 1)
        #expect(abs(filter.window(atCyclesPerPixel: 0.25) - quarter) < 1e-6)
        #expect(abs(filter.window(atCyclesPerPixel: 0.5) - half) < 1e-6)
    }

    @Test("every filter is found by its name, and the ramp by its other one")
    func names() throws {
        for filter in ReconstructionFilter.allCases {
            #expect(try ReconstructionFilter(named: "\(filter)") == filter)
        }
        #expect(try ReconstructionFilter(named: "RamLak") == .ramp)
        #expect(throws: TomographyError.unknownFilter("sheep")) { try ReconstructionFilter(named: "sheep") }
        #expect(TomographyError.unknownFilter("sheep").hint?.contains("shepp") == true)
    }
}
