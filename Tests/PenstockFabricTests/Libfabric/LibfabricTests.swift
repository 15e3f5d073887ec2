import PenstockEvents
import Testing

@testable import PenstockFabric

/// What holds for connections over libfabric beyond the contract of transports.
@Suite("Libfabric", .timeLimit(.minutes(3)))
struct LibfabricTests {
    /// Whether the library can be opened here.
    static let isThere = (try? LibfabricTransport.providers()) != nil

    @Test("what this machine has is listed", .enabled(if: isThere, "libfabric is not installed: apt install libfabric1"))
    func providers() throws {
        let providers = try LibfabricTransport.providers()
        #expect(providers.contains { $0.name == "tcp;ofi_rxm" || $0.name == "tcp" })
        #expect(providers.filter { ["net", "sockets"].contains($0.name) }.allSatisfy { $0.refusal != nil })
    }
}
