internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A file's bytes as they lie in the page cache, for reading.
///
/// Ownership: the mapping owns its address range until it goes; every view of it holds on to it. It may reach behind the file's end,
/// so that a file that grows need not be mapped anew each time: no view does. A page that is evicted after a view was given comes
/// back when it is touched.
final class FileMapping: Sendable {
    // Address ranges cost nothing: what is mapped ahead of the file's end.
    private static let step = 256 << 20

    let byteCount: Int
    private let address: UInt

    /// Maps at least the first `fileBytes` of an open file; nil where its file system maps nothing.
    init?(_ descriptor: borrowing FileDescriptor, fileBytes: Int) {
        byteCount = max(fileBytes, 1).rounded(upTo: Self.step)
        guard let start = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor.number, 0), start != MAP_FAILED else {
            return nil
        }
        address = UInt(bitPattern: start)
    }

    deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount) }

    /// The bytes of `range`, where all of its pages are in memory. The range lies in the file.
    func resident(_ range: Range<Int>) -> Payload.Storage? {
        precondition(range.upperBound <= byteCount && !range.isEmpty, "a view outside of its mapping")
        guard let base = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        let page = FileBlock.alignment
        let first = range.lowerBound / page * page
        let pages = (range.upperBound - first).rounded(upTo: page) / page
        let isResident = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pages) { states in
            mincore(base + first, pages * page, states.baseAddress) == 0 && states.allSatisfy { $0 & 1 == 1 }
        }
        guard isResident else { return nil }
        let bytes = UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
        return Payload.Storage(bytes, of: self)
    }
}

/// The mapping of an open file, made when it is first asked for, and anew when the file has outgrown it.
final class FileMap: Sendable {
    private enum State {
        case notYet
        case impossible
        case mapped(FileMapping)
    }

    private let state = Guarded(State.notYet)

    func resident(_ range: Range<Int>, of descriptor: borrowing FileDescriptor, fileBytes: Int) -> Payload.Storage? {
        guard !range.isEmpty, range.upperBound <= fileBytes else { return nil }
        let known: FileMapping?
        switch state.withLock({ $0 }) {
        case .impossible: return nil
        case .notYet: known = nil
        case .mapped(let mapping): known = mapping
        }
        if let known, range.upperBound <= known.byteCount { return known.resident(range) }
        let mapping = FileMapping(descriptor, fileBytes: fileBytes)
        state.withLock { $0 = mapping.map { .mapped($0) } ?? .impossible }
        return mapping?.resident(range)
    }
}
