/// Which file a program is, and what it needs of a machine: read from its ELF file, without other programs.
public struct BinaryFacts: Sendable, Hashable, Codable {
    /// The file, as it was named.
    public let path: String
    /// Its size.
    public let bytes: Int
    /// Its SHA-256 (FIPS 180-4) in hexadecimal, as `sha256sum` prints it.
    public let sha256: String
    /// The processor that it is for.
    public let architecture: ProcessorArchitecture
    /// The dynamic linker that starts it, such as `/lib64/ld-linux-x86-64.so.2`; nil in a program that needs none.
    public let interpreter: String?
    /// The shared libraries that it names itself, such as `libc.so.6`, in its order; theirs come on top.
    public let neededLibraries: [String]
    /// The oldest glibc that has all the symbols it needs; nil where it needs none of glibc.
    public let neededGlibc: GlibcVersion?

    /// Reads a file: its headers, and all of it for the checksum.
    /// - Throws: `notReadable`, `notELF`, `cutOff`, `damaged`, `unsupported`.
    public init(of path: String) throws(BinaryError) { try self.init(of: path, sha256: nil) }

    /// Reads a file whose checksum may be known already.
    init(of path: String, sha256: String?) throws(BinaryError) {
        let file = try BinaryFile(opening: path)
        let elf = try ELFFile(file)
        let checksum = if let sha256 { sha256 } else { try file.sha256() }
        self.init(
            path: path, bytes: file.bytes, sha256: checksum, architecture: elf.architecture,
            interpreter: elf.interpreter, neededLibraries: elf.neededLibraries,
            neededGlibc: elf.neededVersions.compactMap(Self.glibc).max())
    }

    init(
        path: String, bytes: Int, sha256: String, architecture: ProcessorArchitecture, interpreter: String?,
        neededLibraries: [String], neededGlibc: GlibcVersion?
    ) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
        self.architecture = architecture
        self.interpreter = interpreter
        self.neededLibraries = neededLibraries
        self.neededGlibc = neededGlibc
    }

    /// The version of glibc that a version of symbols stands for.
    private static func glibc(_ symbols: String) -> GlibcVersion? {
        // Not a number, but a mark that relative relocations are packed, which glibc reads from 2.36 on.
        if symbols == "GLIBC_ABI_DT_RELR" { return GlibcVersion(2, 36) }
        return symbols.hasPrefix("GLIBC_") ? GlibcVersion(symbols.dropFirst("GLIBC_".count)) : nil
    }
}
