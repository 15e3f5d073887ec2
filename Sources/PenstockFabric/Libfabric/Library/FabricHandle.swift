internal import CFabric

/// A handle of the library, which closes it when it goes.
///
/// Ownership: each handle has its own, and whoever opens something from a handle (a domain from a fabric, an endpoint
/// from a domain) keeps that handle longer. What is opened half way is so closed again without a word.
struct FabricHandle<Object>: ~Copyable {
    let pointer: UnsafeMutablePointer<Object>

    /// Takes the handle over. `Object` is one of the library's structures, all of which begin with a `fid`.
    init(_ pointer: UnsafeMutablePointer<Object>) { self.pointer = pointer }

    /// The beginning that all handles share.
    var base: UnsafeMutablePointer<fid> { UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fid.self) }

    deinit {
        let status = fi_close(base)
        assert(status == 0, "a handle of the fabric is closed while something uses it: \(status)")
    }
}

extension FabricHandle {
    /// Opens a handle by a call that gives a status and stores a pointer.
    static func open(
        _ library: FabricLibrary, _ action: @autoclosure () -> String, hint: String? = nil,
        _ call: (UnsafeMutablePointer<UnsafeMutablePointer<Object>?>) -> Int32
    ) throws(FabricError) -> FabricHandle {
        var pointer: UnsafeMutablePointer<Object>?
        try library.check(call(&pointer), action(), hint: hint)
        guard let pointer else { throw FabricError(.unavailable, "\(action()): the provider gives nothing") }
        return FabricHandle(pointer)
    }
}
