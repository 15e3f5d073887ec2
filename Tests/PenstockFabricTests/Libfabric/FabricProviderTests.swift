import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("The choice of a fabric's provider")
    struct FabricProviderTests {
        @Test("hardware comes before TCP, and TCP before nothing")
        func automatic() {
            func choice(_ names: String...) -> String? { FabricProviderPolicy.choose(.automatic, among: names) }
            #expect(choice("tcp", "shm", "tcp;ofi_rxm", "verbs;ofi_rxm") == "verbs;ofi_rxm")
            #expect(choice("tcp;ofi_rxm", "psm3", "cxi") == "cxi")
            #expect(choice("sockets", "net", "tcp;ofi_rxm", "shm") == "tcp;ofi_rxm")
            #expect(choice("tcp") == "tcp")
            #expect(choice() == nil)
        }

        @Test("what is bad, or shares memory, is never chosen by itself; shared memory is there on request")
        func refused() {
            let names = ["shm", "net", "sockets", "udp;ofi_rxd"]
            #expect(FabricProviderPolicy.choose(.automatic, among: names) == nil)
            #expect(FabricProviderPolicy.choose(.named("shm"), among: names) == "shm")
            #expect(FabricProviderPolicy.choose(.named("net"), among: names) == nil)
            #expect(FabricProviderPolicy.choose(.named("cxi"), among: names) == nil)
            for name in names + ["other"] { #expect(FabricProviderPolicy.refusal(of: name) != nil) }
            for name in FabricProviderPolicy.preferred { #expect(FabricProviderPolicy.refusal(of: name) == nil) }
        }

        @Test("without the library everything that needs it says what to install")
        func absent() {
            let error = #expect(throws: FabricError.self) {
                try LibfabricTransport(
                    .automatic, "127.0.0.1", FabricLimits(), library: "libfabric-that-is-not-there.so.9")
            }
            #expect(error?.code == .unavailable)
            #expect(error?.hint?.contains("libfabric1") == true)
            // A library that is another one.
            let other = #expect(throws: FabricError.self) { try FabricLibrary(path: "libm.so.6") }
            #expect(other?.code == .unavailable)
        }
    }
}
