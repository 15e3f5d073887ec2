public import PenstockEvents

/// Why a program's file cannot be described, or cannot run on a machine.
public enum BinaryError: Diagnostic, Sendable, Hashable {
    /// The file cannot be opened or read; `reason` is the system's.
    case notReadable(path: String, reason: String)
    /// The file does not begin as an ELF file does: a script, for example.
    case notELF(path: String)
    /// The file ends before a part of it that its headers announce.
    case cutOff(path: String, part: String, bytes: Int)
    /// The headers contradict themselves.
    case damaged(path: String, part: String)
    /// An ELF file of a kind that no Penstock program is: of 32 bits, of another byte order or processor, or no program.
    case unsupported(path: String, kind: String)
    /// The program is for another processor than the machine has.
    case otherProcessor(path: String, needed: ProcessorArchitecture, present: ProcessorArchitecture)
    /// The machine's C library is older than the program needs.
    case olderGlibc(path: String, needed: GlibcVersion, present: GlibcVersion)

    /// What is wrong, with the file.
    public var summary: String {
        switch self {
        case .notReadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .notELF(let path): "\(path) is no ELF file"
        case .cutOff(let path, let part, let bytes): "\(path) is cut off: it ends after \(bytes) bytes, within \(part)"
        case .damaged(let path, let part): "\(path) is damaged: \(part) cannot be right"
        case .unsupported(let path, let kind): "\(path) is \(kind), not a program of 64 bits for x86_64 or aarch64"
        case .otherProcessor(let path, let needed, let present):
            "\(path) is for processors of the kind \(needed), and the machine has \(present)"
        case .olderGlibc(let path, let needed, let present):
            "\(path) needs glibc \(needed), and the machine has \(present)"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .notReadable: "name the program's file, and see that you may read it"
        case .notELF: "name the program itself, not a script that starts it"
        case .cutOff, .damaged: "copy or build it again; a full disk and a transfer that broke off are the usual causes"
        case .unsupported, .otherProcessor: "build the pipeline on a machine of the kind that it is to run on"
        case .olderGlibc:
            "build on a system as old as the machine, or run in a container (\(BinaryCheck.guide))"
        }
    }

    /// Wrong data, or a machine that does not fit.
    public var category: FailureCategory {
        switch self {
        case .notReadable: .noInput
        case .notELF, .cutOff, .damaged, .unsupported: .data
        case .otherProcessor, .olderGlibc: .configuration
        }
    }
}
