internal import Glibc

/// What phase retrieval must know of beam, detector and sample.
public struct PaganinParameters: Sendable, Hashable {
    /// The energy of the photons in keV.
    public var energyKiloelectronvolts: Double
    /// The distance from the sample to the detector in cm.
    public var distanceCentimetres: Double
    /// The size of a pixel at the sample in micrometres.
    public var pixelSizeMicrometres: Double
    /// beta/delta of the material, the imaginary part over the decrement of its refractive index; the smaller, the smoother.
    public var alpha: Double

    /// Parameters; all lie above zero.
    public init(
        energyKiloelectronvolts: Double, distanceCentimetres: Double, pixelSizeMicrometres: Double, alpha: Double
    ) {
        precondition(
            energyKiloelectronvolts > 0 && distanceCentimetres > 0 && pixelSizeMicrometres > 0 && alpha > 0,
            "the parameters of phase retrieval lie above zero")
        self.energyKiloelectronvolts = energyKiloelectronvolts
        self.distanceCentimetres = distanceCentimetres
        self.pixelSizeMicrometres = pixelSizeMicrometres
        self.alpha = alpha
    }

    /// beta/delta for the `alpha` of TomoPy's `retrieve_phase`, whose frequencies lack the factor 2 pi.
    public static func alpha(ofTomoPy alpha: Double) -> Double { alpha * 4 * .pi * .pi }

    /// The parameters as the command line has them, such as `energy=20,distance=5,pixel=0.65,alpha=0.001`, in keV, cm and micrometres.
    /// - Throws: `TomographyError.invalidSettings`
    public init(_ text: String) throws(TomographyError) {
        var settings = try Settings(
            text, hasMethod: false,
            usage: "energy=20,distance=5,pixel=0.65,alpha=0.001 with keV, cm, micrometres and beta/delta")
        energyKiloelectronvolts = try settings.required("energy")
        distanceCentimetres = try settings.required("distance")
        pixelSizeMicrometres = try settings.required("pixel")
        alpha = try settings.required("alpha")
        try settings.checkAllTaken()
    }

    /// The wavelength in cm: h c / E.
    var wavelengthCentimetres: Double { 1.239842e-7 / energyKiloelectronvolts }

    var pixelSizeCentimetres: Double { pixelSizeMicrometres * 1e-4 }

    /// The factor of a spatial frequency, whose square is in 1/cm^2: 1 / (1 + pi lambda d f^2 / alpha).
    func factor(frequencySquared: Double) -> Double {
        1 / (1 + .pi * wavelengthCentimetres * distanceCentimetres * frequencySquared / alpha)
    }

    /// The pixels by which a projection is continued: as far as the detector's finest detail is spread by diffraction, at most 4096.
    var reachPixels: Int {
        let reach = .pi * wavelengthCentimetres * distanceCentimetres / (pixelSizeCentimetres * pixelSizeCentimetres)
        return Int(min(reach.rounded(.up), 4096))
    }
}

extension PaganinParameters: CustomStringConvertible {
    /// The parameters as the command line has them.
    public var description: String {
        "energy=\(energyKiloelectronvolts),distance=\(distanceCentimetres),pixel=\(pixelSizeMicrometres),alpha=\(alpha)"
    }
}
