import PenstockFabric
import Testing

/// What this machine has.
enum Libfabric {
    /// Whether the library can be opened here.
    static let isThere = (try? LibfabricTransport.providers()) != nil
    /// Why tests are skipped.
    static let absence: Comment = "libfabric is not installed: apt install libfabric1"
}
