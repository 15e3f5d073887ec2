internal import CTIFF

/// libtiff's open file, closed at the end of its life, and the first error that it reported.
///
/// The failure record is allocated here and outlives the handle, which writes into it until it is closed.
struct TIFFHandle: ~Copyable {
    let path: String
    let tiff: OpaquePointer
    private let failure: UnsafeMutablePointer<penstock_tiff_failure>

    /// Opens a file for reading.
    /// - Throws: `notFound`, `notReadable`, `wrongFormat`, `truncated`.
    init(opening path: String) throws(FormatError) {
        _ = try FileDescriptor(opening: path)
        try self.init(path, mode: "r", .opening)
    }

    /// Opens a file that was made for writing.
    /// - Parameter isBig: Whether offsets need 64 bits.
    init(writing path: String, isBig: Bool) throws(FormatError) {
        try self.init(path, mode: isBig ? "wl8" : "wl", .creating)
    }

    private init(_ path: String, mode: String, _ activity: SystemFailure.Activity) throws(FormatError) {
        let failure = UnsafeMutablePointer<penstock_tiff_failure>.allocate(capacity: 1)
        failure.initialize(to: penstock_tiff_failure())
        guard let tiff = penstock_tiff_open(path, mode, failure) else {
            defer { failure.deallocate() }
            throw TIFFHandle.error(failure.pointee, activity, path)
        }
        self.path = path
        self.tiff = tiff
        self.failure = failure
    }

    deinit {
        TIFFClose(tiff)
        failure.deallocate()
    }

    /// The error to tell the user about the call that has just failed.
    func error(_ activity: SystemFailure.Activity) -> FormatError { TIFFHandle.error(failure.pointee, activity, path) }

    private static func error(
        _ failure: penstock_tiff_failure, _ activity: SystemFailure.Activity, _ path: String
    ) -> FormatError {
        let reason = withUnsafeBytes(of: failure.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch activity {
        case .creating, .writing:
            // libtiff writes without buffers: the system's error number is that of the write that failed.
            return SystemFailure(number: failure.error_number).error(activity, file: path)
        case .opening:
            let isShort = reason.hasPrefix("Cannot read") || reason.hasPrefix("Can not read")
            return FormatError(
                isShort ? .truncated : .wrongFormat, file: path,
                isShort ? "is cut off: \(reason)" : "is not a TIFF: \(reason)")
        case .reading:
            let isShort = ["got ", "read error", "Read error", "seek", "Seek"].contains { reason.contains($0) }
            return FormatError(
                isShort ? .truncated : .readFailed, file: path,
                isShort ? "is cut off: \(reason)" : "cannot be read: \(reason)")
        }
    }
}
