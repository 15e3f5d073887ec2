import Testing

@testable import PenstockTomography

@Suite struct FourierTests {
    @Test("good lengths are even products of 2, 3 and 5, and the next at or above")
    func lengths() {
        #expect(
            [1, 2, 3, 7, 14, 31, 100, 1021, 1025, 4097].map { goodFFTSize(atLeast: $0) }
                == [2, 2, 4, 8, 16, 32, 100, 1024, 1080, 4320])
        for minimum in 1...300 {
            let length = goodFFTSize(atLeast: minimum)
            #expect(length >= minimum && length.isMultiple(of: 2))
        }
    }

    @Test("a transform of a shifted impulse turns once per shift and frequency, with the sign asked for")
    func impulse() {
        let length = 12
        let buffer = FourierBuffer(complexCount: length)
        buffer.base[2 * 1] = 1
        FourierPlan(length: length, sign: .plus).execute(buffer.base)
        // exp(2 pi i 3 / 12) = i
        #expect(abs(buffer.base[6]) < 1e-6)
        #expect(abs(buffer.base[7] - 1) < 1e-6)
    }

    @Test("a real transform holds the sum at frequency zero")
    func realTransform() {
        let source = FourierBuffer(count: 6 * 5)
        for index in 0..<30 { source.base[index] = Float(index) }
        let target = FourierBuffer(complexCount: 6 * 3)
        RealFourierPlan(rows: 6, columns: 5).execute(source, into: target)
        #expect(target.base[0] == 435)
        #expect(target.base[1] == 0)
    }
}
