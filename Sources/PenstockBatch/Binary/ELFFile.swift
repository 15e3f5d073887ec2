/// What an ELF program says to the dynamic linker that starts it. It is read from the program headers and the dynamic
/// section, as the dynamic linker reads it, so that stripped files serve as well.
///
/// Source of the format: System V Application Binary Interface, Generic, chapters 4 and 5; symbol versions: Linux Standard
/// Base Core, "Symbol Versioning".
struct ELFFile {
    /// The processor that it is for.
    let architecture: ProcessorArchitecture
    /// The path of the dynamic linker (PT_INTERP); nil in a program that needs none.
    let interpreter: String?
    /// The shared libraries that it names (DT_NEEDED), in its order.
    let neededLibraries: [String]
    /// The versions of symbols that it needs, such as `GLIBC_2.34`, in its order (.gnu.version_r).
    let neededVersions: [String]

    /// Sizes that real files stay far below; what is larger is damaged.
    private enum Limit {
        static let nameBytes = 4096
        static let dynamicBytes = 1 << 16
        static let versions = 1 << 14
    }

    /// - Throws: `notELF`, `cutOff`, `damaged`, `unsupported`, `notReadable`.
    init(_ file: borrowing BinaryFile) throws(BinaryError) {
        architecture = try Self.architecture(file)
        let header = try file.read("the ELF header", at: 0, count: 64)
        let segments = try Self.segments(file, header)
        try Self.checkEnd(file, header, segments)

        var interpreter: String?
        if let segment = segments.first(where: { $0.kind == .interpreter }) {
            guard (1...Limit.nameBytes).contains(segment.bytes) else {
                throw .damaged(path: file.path, part: "the name of its dynamic linker")
            }
            interpreter = try file.text(
                "the name of its dynamic linker", at: segment.offset, limit: segment.bytes)
        }
        self.interpreter = interpreter

        guard let segment = segments.first(where: { $0.kind == .dynamic }) else {
            (neededLibraries, neededVersions) = ([], [])
            return
        }
        let dynamic = try Self.dynamicSection(file, segment)
        (neededLibraries, neededVersions) = (
            try Self.libraries(file, dynamic, segments), try Self.versions(file, dynamic, segments)
        )
    }

    // MARK: Headers

    /// A part of the file that is for the dynamic linker, or for memory.
    private struct Segment {
        enum Kind: UInt32 {
            case loaded = 1
            case dynamic = 2
            case interpreter = 3
        }
        let kind: Kind
        /// Where it is in the file, in bytes.
        let offset: Int
        /// Where it is in memory.
        let address: Int
        /// How much of it is in the file.
        let bytes: Int
    }

    private static func architecture(_ file: borrowing BinaryFile) throws(BinaryError) -> ProcessorArchitecture {
        let magic = try file.read("the ELF header", at: 0, count: min(4, file.bytes))
        guard file.bytes >= 4, magic.number(at: 0) == 0x464c_457f as UInt32 else { throw .notELF(path: file.path) }
        let header = try file.read("the ELF header", at: 0, count: 64)
        guard header[4] == 2 else { throw .unsupported(path: file.path, kind: "an ELF file of 32 bits") }
        guard header[5] == 1 else { throw .unsupported(path: file.path, kind: "an ELF file of big-endian byte order") }
        let machine: UInt16 = header.number(at: 18)
        guard let architecture = ProcessorArchitecture(elfMachine: machine) else {
            throw .unsupported(path: file.path, kind: "an ELF file for the processors of number \(machine)")
        }
        // ET_EXEC, and ET_DYN: a program that can lie anywhere in memory, or a shared library.
        guard (2...3).contains(header.number(at: 16, as: UInt16.self)) else {
            throw .unsupported(path: file.path, kind: "an ELF file that cannot be started")
        }
        return architecture
    }

    private static func segments(
        _ file: borrowing BinaryFile, _ header: ELFBytes
    ) throws(BinaryError) -> [Segment] {
        let (entryBytes, count) = (
            Int(header.number(at: 54, as: UInt16.self)), Int(header.number(at: 56, as: UInt16.self))
        )
        guard entryBytes == 56, count > 0, let offset = header.place(at: 32) else {
            throw .damaged(path: file.path, part: "the size of its program headers")
        }
        let table = try file.read("the program headers", at: offset, count: entryBytes * count)
        var segments: [Segment] = []
        for entry in stride(from: 0, to: entryBytes * count, by: entryBytes) {
            guard let kind = Segment.Kind(rawValue: table.number(at: entry)) else { continue }
            guard let offset = table.place(at: entry + 8), let address = table.place(at: entry + 16),
                let bytes = table.place(at: entry + 32), !offset.addingReportingOverflow(bytes).overflow
            else { throw .damaged(path: file.path, part: "a program header") }
            segments.append(Segment(kind: kind, offset: offset, address: address, bytes: bytes))
        }
        return segments
    }

    /// Everything that is loaded must be there, and the table of the sections, which linkers write last.
    private static func checkEnd(
        _ file: borrowing BinaryFile, _ header: ELFBytes, _ segments: [Segment]
    ) throws(BinaryError) {
        for segment in segments where segment.offset + segment.bytes > file.bytes {
            throw .cutOff(path: file.path, part: "what is loaded into memory", bytes: file.bytes)
        }
        let sections = Int(header.number(at: 58, as: UInt16.self)) * Int(header.number(at: 60, as: UInt16.self))
        guard let offset = header.place(at: 40), !offset.addingReportingOverflow(sections).overflow else {
            throw .damaged(path: file.path, part: "the place of its section headers")
        }
        guard offset + sections <= file.bytes else {
            throw .cutOff(path: file.path, part: "the section headers", bytes: file.bytes)
        }
    }

    // MARK: The dynamic section

    private struct DynamicSection {
        /// Offsets of the names of libraries in the string table.
        var libraries: [Int] = []
        /// Addresses in memory.
        var strings: Int?
        var versions: Int?
        var versionCount = 0
    }

    private static func dynamicSection(
        _ file: borrowing BinaryFile, _ segment: Segment
    ) throws(BinaryError) -> DynamicSection {
        guard segment.bytes <= Limit.dynamicBytes else { throw .damaged(path: file.path, part: "its dynamic section") }
        let table = try file.read("the dynamic section", at: segment.offset, count: segment.bytes)
        var section = DynamicSection()
        for entry in stride(from: 0, to: segment.bytes - 15, by: 16) {
            let tag = table.number(at: entry, as: UInt64.self)
            if tag == 0 { break }
            // DT_NEEDED, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM; the others can be any number.
            guard [1, 5, 0x6fff_fffe, 0x6fff_ffff].contains(tag) else { continue }
            guard let value = table.place(at: entry + 8) else {
                throw .damaged(path: file.path, part: "its dynamic section")
            }
            switch tag {
            case 1: section.libraries.append(value)
            case 5: section.strings = value
            case 0x6fff_fffe: section.versions = value
            default: section.versionCount = value
            }
        }
        return section
    }

    private static func libraries(
        _ file: borrowing BinaryFile, _ dynamic: DynamicSection, _ segments: [Segment]
    ) throws(BinaryError) -> [String] {
        var names: [String] = []
        for library in dynamic.libraries {
            names.append(try name("the name of a shared library", library, file, dynamic, segments))
        }
        return names
    }

    /// Goes through the records of .gnu.version_r: one for each library, and behind each its versions. The records are chained by
    /// the distance to the next.
    private static func versions(
        _ file: borrowing BinaryFile, _ dynamic: DynamicSection, _ segments: [Segment]
    ) throws(BinaryError) -> [String] {
        guard dynamic.versionCount > 0, let address = dynamic.versions else { return [] }
        let part = "the versions of symbols"
        guard dynamic.versionCount <= Limit.versions, var library = offset(of: address, segments) else {
            throw .damaged(path: file.path, part: part)
        }
        var names: [String] = []
        for _ in 0..<dynamic.versionCount {
            let record = try file.read(part, at: library, count: 16)
            var version = library + Int(record.number(at: 8, as: UInt32.self))
            for _ in 0..<record.number(at: 2, as: UInt16.self) {
                guard names.count < Limit.versions else { throw .damaged(path: file.path, part: part) }
                let symbols = try file.read(part, at: version, count: 16)
                let place = Int(symbols.number(at: 8, as: UInt32.self))
                names.append(try name(part, place, file, dynamic, segments))
                version += Int(symbols.number(at: 12, as: UInt32.self))
            }
            library += Int(record.number(at: 12, as: UInt32.self))
        }
        return names
    }

    /// A name of the string table.
    private static func name(
        _ part: String, _ place: Int, _ file: borrowing BinaryFile, _ dynamic: DynamicSection, _ segments: [Segment]
    ) throws(BinaryError) -> String {
        guard let strings = dynamic.strings, case let (address, overflow) = strings.addingReportingOverflow(place),
            !overflow, let offset = offset(of: address, segments)
        else { throw .damaged(path: file.path, part: part) }
        return try file.text(part, at: offset, limit: Limit.nameBytes)
    }

    /// Where in the file is what is loaded to an address.
    private static func offset(of address: Int, _ segments: [Segment]) -> Int? {
        let segment = segments.first { segment in
            segment.kind == .loaded && address >= segment.address && address - segment.address < segment.bytes
        }
        return segment.map { $0.offset + (address - $0.address) }
    }
}
