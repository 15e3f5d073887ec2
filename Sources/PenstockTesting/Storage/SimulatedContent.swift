/// The bytes of one simulated file: as processes see them, as they would be after a power loss, and the difference between the two.
struct SimulatedContent {
    /// A change that is visible and not synced.
    enum Change {
        case write([UInt8], at: Int)
        case truncate(to: Int)
    }

    private(set) var visible: [UInt8] = []
    private(set) var durable: [UInt8] = []
    private(set) var unsynced: [Change] = []
    /// Bytes of the device that are reserved beyond the size.
    private(set) var reserved = 0
    /// Handles that are open, and whether a directory names the file.
    var handles = 0
    var isLinked = true

    /// Bytes that the file takes from the device.
    var allocated: Int { max(visible.count, reserved) }

    /// Writes bytes where processes see them.
    mutating func write(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        guard !bytes.isEmpty else { return }
        Self.copy(bytes, to: &visible, at: position)
        unsynced.append(.write([UInt8](bytes), at: position))
    }

    /// Cuts or lengthens the file, and gives back what is reserved behind.
    mutating func truncate(to size: Int) {
        Self.resize(&visible, to: size)
        reserved = 0
        unsynced.append(.truncate(to: size))
    }

    mutating func reserve(_ bytes: Int) { reserved = max(reserved, bytes) }

    /// Everything that is visible is safe.
    mutating func sync() {
        for change in unsynced {
            switch change {
            case .write(let bytes, let position):
                bytes.withUnsafeBytes { Self.copy($0, to: &durable, at: position) }
            case .truncate(let size): Self.resize(&durable, to: size)
            }
        }
        unsynced = []
    }

    /// Something of the unsynced changes reaches the device, the rest never will; processes go on seeing all of it.
    mutating func loseUnsynced(_ random: inout SeededRandom, stale: [UInt8]) {
        durable = PowerLoss(content: self, stale: stale).image(&random)
        unsynced = []
    }

    /// The file as it is when the power comes back.
    mutating func losePower(_ random: inout SeededRandom, stale: [UInt8]) {
        loseUnsynced(&random, stale: stale)
        visible = durable
        reserved = 0
        handles = 0
    }

    /// Changes one bit on the device for good.
    mutating func flip(_ bit: Int, at position: Int) {
        if position < visible.count { visible[position] ^= 1 << UInt8(bit) }
        if position < durable.count { durable[position] ^= 1 << UInt8(bit) }
    }

    static func copy(_ bytes: UnsafeRawBufferPointer, to file: inout [UInt8], at position: Int) {
        guard !bytes.isEmpty else { return }
        if position == file.count { return file.append(contentsOf: bytes) }
        resize(&file, to: max(file.count, position + bytes.count))
        file.withUnsafeMutableBytes { file in
            UnsafeMutableRawBufferPointer(rebasing: file[position..<position + bytes.count]).copyMemory(from: bytes)
        }
    }

    static func resize(_ file: inout [UInt8], to size: Int) {
        if size < file.count {
            file.removeLast(file.count - size)
        } else if size > file.count {
            file.append(contentsOf: repeatElement(0, count: size - file.count))
        }
    }
}
