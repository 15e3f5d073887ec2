/// A file that takes state for which there is no room in memory. Nobody else reads it, and nothing of it outlives the run. Belongs to one
/// stage actor.
protocol SpillFile: AnyObject {
    /// Writes all of the bytes at an offset.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SpillFault)

    /// Fills memory with the bytes at an offset.
    /// - Returns: How many bytes there were.
    func read(into memory: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SpillFault) -> Int
}

/// Where spill files are made.
protocol SpillFolder: Sendable {
    /// What the folder is called in errors.
    var path: String { get }

    /// A new file without content.
    func makeFile() throws(SpillFault) -> any SpillFile
}

/// What a spill file or its folder could not do.
struct SpillFault: Error, Hashable {
    /// What was tried.
    enum Action: String {
        case create, write, read
    }

    let action: Action
    /// The system's words for why.
    let reason: String
    /// Whether the device is full.
    var isFull = false
}
