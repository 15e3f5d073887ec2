internal import Glibc
internal import PenstockFormats

/// A folder that another program still fills with TIFF files of one page, in the natural order of their names.
///
/// A file counts when its size and its time have stood still for a while, it can be read to its end, and all files before it count: none is read
/// half. One that comes when files behind it have been read has lost its place, which ends the scan with an error: angles go by the order.
final class GrowingTIFFFolder: GrowingScan {
    /// For how long a file has to stand still.
    private static let still = Duration.milliseconds(200)
    /// How long the list of a folder, which may be long, is taken for new.
    private static let fresh = Duration.milliseconds(50)

    private let path: String
    private var frames: TIFFFrames?
    /// The files behind those that count, as they are since when.
    private var seen: [String: (state: FileState, since: ContinuousClock.Instant)] = [:]
    /// Why the next file cannot be read, although it stands still.
    private(set) var obstacle: FormatError?
    private var lastLook: ContinuousClock.Instant?

    init(_ path: String) { self.path = path }

    func look() throws(FormatError) -> (sections: [ScanSection], angles: ProjectionAngles?) {
        let now = ContinuousClock.now
        if lastLook.map({ now - $0 >= Self.fresh }) ?? true {
            lastLook = now
            let files = try TIFFStack.files(in: path)
            try checkOrder(files)
            try take(files.dropFirst(frames?.count ?? 0), now)
        }
        return (frames.map { [ScanSection(.projection, $0)] } ?? [], nil)
    }

    /// Takes the first ones of these files, as far as they can be read.
    private func take(_ files: ArraySlice<String>, _ now: ContinuousClock.Instant) throws(FormatError) {
        var isNext = true
        for file in files {
            // All are looked at, so that files that were there already do not wait one after the other.
            guard isNext else {
                observe(file, now)
                continue
            }
            isNext = isReady(file, now)
            guard isNext else { continue }
            if let frames {
                frames.append(file)
            } else {
                frames = try TIFFFrames(file, in: path)
            }
        }
    }

    /// A folder does not say when it is full: the number of angles does, or the time-out.
    func isComplete() -> Bool { false }

    /// Those that count are still the first ones.
    private func checkOrder(_ files: [String]) throws(FormatError) {
        for (place, file) in (frames?.files ?? []).enumerated() where place >= files.count || files[place] != file {
            guard place < files.count, files.contains(file) else {
                throw FormatError(
                    .notFound, file: file, "was removed while the scan was read",
                    hint: "leave the images in their folder until the scan has ended")
            }
            throw FormatError(
                .wrongFormat, file: files[place], "came when images behind it had been read, so its place has passed",
                hint: "write images in the order of their numbers, or read the folder without --follow when it is full")
        }
    }

    /// Keeps since when a file is as it is.
    private func observe(_ file: String, _ now: ContinuousClock.Instant) {
        let state = FileState(file)
        if seen[file]?.state != state { seen[file] = state.map { ($0, now) } }
    }

    /// Whether nobody writes the file any more.
    private func isReady(_ file: String, _ now: ContinuousClock.Instant) -> Bool {
        observe(file, now)
        guard let (state, since) = seen[file], state.bytes > 0, now - since >= Self.still else { return false }
        do throws(FormatError) {
            let image = try TIFFImage(opening: file)
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: image.pixelCount * image.elementType.byteCount, alignment: 64)
            defer { bytes.deallocate() }
            try image.readNative(into: bytes)
        } catch {
            // Cut off for now: its writer takes a rest.
            obstacle = error
            return false
        }
        obstacle = nil
        seen[file] = nil
        return true
    }
}

/// The size of a file, and when it was written.
private struct FileState: Equatable {
    let bytes: Int
    let seconds: Int
    let nanoseconds: Int

    /// Nil where there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (bytes, seconds, nanoseconds) = (
            Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)
        )
    }
}
