internal import CFabric
internal import CPenstockShim
internal import PenstockEvents

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The library of fabrics, opened at run time so that one binary runs with and without it.
///
/// Only five functions are exported symbols; the rest are calls through tables in the handles that they return. The
/// library stays open until the process ends: its providers leave threads and exit handlers behind.
struct FabricLibrary: Sendable {
    typealias GetInfo =
        @convention(c) (
            UInt32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt64, UnsafePointer<fi_info>?,
            UnsafeMutablePointer<UnsafeMutablePointer<fi_info>?>
        ) -> Int32
    typealias DuplicateInfo = @convention(c) (UnsafePointer<fi_info>?) -> UnsafeMutablePointer<fi_info>?
    typealias FreeInfo = @convention(c) (UnsafeMutablePointer<fi_info>) -> Void
    typealias OpenFabric =
        @convention(c) (
            UnsafeMutablePointer<fi_fabric_attr>, UnsafeMutablePointer<UnsafeMutablePointer<fid_fabric>?>,
            UnsafeMutableRawPointer?
        ) -> Int32

    /// Its version: the major one in the upper half.
    let version: UInt32
    let getInfo: GetInfo
    let duplicateInfo: DuplicateInfo
    let freeInfo: FreeInfo
    let openFabric: OpenFabric
    private let describe: @convention(c) (Int32) -> UnsafePointer<CChar>?

    /// The name under which systems install it.
    static let defaultPath = "libfabric.so.1"
    /// What is asked for where it is missing.
    static let howToInstall = "install it, for example with: apt install libfabric1"
    private static let oldest: UInt32 = 1 << 16 | 15

    /// Settings of `tcp;ofi_rxm`, where the environment has none: an endpoint has 128 buffers of 16 KiB unless told
    /// otherwise, which with one for each connection is more memory and more time for connecting than it is worth; and
    /// it looks for connections each 10 ms only. Made once, before the library reads them.
    private static let tune: Void = {
        setenv("FI_OFI_RXM_MSG_RX_SIZE", "32", 0)
        setenv("FI_OFI_RXM_CM_PROGRESS_INTERVAL", "500", 0)
    }()

    /// Opens the library.
    /// - Throws: `FabricError` with code `unavailable` where it is not there or older than 1.15.
    init(path: String = defaultPath) throws(FabricError) {
        Self.tune
        guard let handle = Self.open(path) else {
            let reason = dlerror().map { String(cString: $0) } ?? path
            throw FabricError(
                .unavailable, "the library of fabrics cannot be opened: \(reason)", hint: Self.howToInstall)
        }
        func symbol<Function>(_ name: String, _ abi: UnsafePointer<CChar>?, _: Function.Type) throws(FabricError)
            -> Function
        {
            guard let address = penstock_symbol(handle, name, abi) else {
                throw FabricError(
                    .unavailable, "\(path) has no \(name) that fits this build", hint: "use libfabric 1.15 or newer")
            }
            // A pointer to a function of C, whose type the library's headers state.
            return unsafeBitCast(address, to: Function.self)
        }
        let abi = penstock_fabric_abi()
        version = try symbol("fi_version", nil, (@convention(c) () -> UInt32).self)()
        guard version >= Self.oldest else {
            throw FabricError(
                .unavailable, "\(path) is version \(Self.text(version)), and 1.15 is the oldest that is supported",
                hint: "use libfabric 1.15 or newer")
        }
        getInfo = try symbol("fi_getinfo", abi, GetInfo.self)
        duplicateInfo = try symbol("fi_dupinfo", abi, DuplicateInfo.self)
        freeInfo = try symbol("fi_freeinfo", abi, FreeInfo.self)
        openFabric = try symbol("fi_fabric", nil, OpenFabric.self)
        describe = try symbol("fi_strerror", nil, (@convention(c) (Int32) -> UnsafePointer<CChar>?).self)
    }

    /// One at a time, for the actions to be those that the program wants.
    private static let opening = Guarded(())

    private static func open(_ path: String) -> UnsafeMutableRawPointer? {
        let handle = opening.withLock { _ in
            let actions = SignalActions()
            defer { actions.restore() }
            return dlopen(path, RTLD_NOW | RTLD_LOCAL).map { UInt(bitPattern: $0) }
        }
        return handle.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
    }

    /// The version of the interface to ask for: that of the headers, or the library's where that is older.
    var interface: UInt32 { min(version, UInt32(FI_MAJOR_VERSION) << 16 | UInt32(FI_MINOR_VERSION)) }

    /// What a status of the library means. Some providers give it with the wrong sign.
    func reason(_ status: Int) -> String {
        describe(Int32(truncatingIfNeeded: status.magnitude)).map { String(cString: $0) } ?? "error \(status)"
    }

    /// Fails where a call has not succeeded.
    func check(_ status: Int32, _ action: @autoclosure () -> String, hint: String? = nil) throws(FabricError) {
        if status == 0 { return }
        if abs(status) == FI_EADDRINUSE {
            throw FabricError(
                .addressInUse, "\(action()): somebody listens there already", hint: "choose another port, or 0")
        }
        throw FabricError(.unavailable, "\(action()): \(reason(Int(status)))", hint: hint)
    }

    /// A version as people write it.
    static func text(_ version: UInt32) -> String { "\(version >> 16).\(version & 0xFFFF)" }
}
