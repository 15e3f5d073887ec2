internal import PenstockEvents

/// The names under which the beginning of a scan says what is known of it, as far as stages look at them.
enum ScanProperties {
    /// The rows of the frames.
    static let rows = "rows"
    /// The rows of the whole detector, where the frames are those of a part of the scan.
    static let detectorRows = "detector_rows"
    /// The part of the scan that was recorded.
    static let part = "part"
    /// How many angles the input has beyond its projections.
    static let surplusAngles = "surplus_angles"

    /// How many rows the whole detector has.
    /// - Throws: `TomographyError.detectorUnknown`
    static func detectorRows(_ start: ScanStart) throws(TomographyError) -> Int {
        guard let text = start.properties[detectorRows] ?? start.properties[rows], let rows = Int(text), rows > 0 else {
            throw .detectorUnknown
        }
        return rows
    }
}
