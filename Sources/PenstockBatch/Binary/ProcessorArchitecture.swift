/// The processors that programs can be built for, named as `uname -m` names them.
public enum ProcessorArchitecture: String, Sendable, Hashable, Codable, CustomStringConvertible {
    case x86_64
    case aarch64

    /// That of this program, and so of the machine that it runs on.
    public static var here: Self {
        #if arch(arm64)
            .aarch64
        #else
            .x86_64
        #endif
    }

    /// From the field `e_machine` of an ELF header: EM_X86_64 and EM_AARCH64 (System V ABI, Generic, chapter 4).
    init?(elfMachine number: UInt16) {
        switch number {
        case 62: self = .x86_64
        case 183: self = .aarch64
        default: return nil
        }
    }

    /// The name: `x86_64`.
    public var description: String { rawValue }
}
