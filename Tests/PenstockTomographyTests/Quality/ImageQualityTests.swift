import Foundation
import Testing

@testable import PenstockTomography

@Suite struct ImageQualityTests {
    private static let size = 24

    private static func image(_ value: (Double, Double) -> Double) -> [Float] {
        (0..<size * size).map { Float(value(Double($0 / size), Double($0 % size))) }
    }

    private static let reference = image { row, column in sin(0.4 * row) * cos(0.3 * column) + 0.02 * row }

    private static func quality(_ image: [Float], ratio: Double = 0.95) -> ImageQuality {
        image.withUnsafeBufferPointer { image in
            reference.withUnsafeBufferPointer { ImageQuality(image, reference: $0, size: size, ratio: ratio) }
        }
    }

    @Test("all figures are those of scikit-image 0.26 (structural_similarity, window 7) and numpy 2.4")
    func expected() {
        let reference = Self.reference
        let other = reference.indices.map { index in
            let (row, column) = (Double(index / Self.size), Double(index % Self.size))
            return Float(1.1 * Double(reference[index]) + 0.05 + 0.1 * sin(1.7 * row + 0.9 * column))
        }
        let quality = Self.quality(other)
        #expect(abs(quality.range - 2.0123459410667417) < 1e-6)
        #expect(abs(quality.rmse - 0.052675105603763664) < 1e-6)
        #expect(abs(quality.psnr - 25.567891700790845) < 1e-4)
        #expect(abs(quality.correlation - 0.9919906272475418) < 1e-6)
        #expect(abs(quality.scale - 1.0979173333079677) < 1e-6)
        #expect(abs(quality.offset - 0.04941588065416861) < 1e-6)
        #expect(abs(quality.ssim - 0.8677908981450049) < 1e-6)
        #expect(quality.nonFinitePixels == 0)
    }

    @Test("the same image is perfect")
    func same() {
        let quality = Self.quality(Self.reference)
        #expect(quality.rmse == 0)
        #expect(quality.psnr == .infinity)
        #expect(abs(quality.ssim - 1) < 1e-9)
        #expect(abs(quality.correlation - 1) < 1e-9)
    }

    @Test("what is no number in the disk is counted, and nothing else is said; outside of it nothing is looked at")
    func nonFinite() {
        var image = Self.reference
        image[0] = .nan
        #expect(Self.quality(image).nonFinitePixels == 0)
        image[12 * Self.size + 12] = .infinity
        let quality = Self.quality(image)
        #expect(quality.nonFinitePixels == 1)
        #expect(quality.rmse.isNaN && quality.ssim.isNaN)
    }
}
