import PenstockFabric
import Testing

extension FabricSuites {
    @Suite("Addresses")
    struct FabricAddressTests {
        @Test("an address is read as it is printed")
        func roundTrip() throws {
            for text in ["127.0.0.1:7400", "broker.example.org:1", "[::1]:65535", "name:broker", "endpoint:00ff10"] {
                #expect(try FabricAddress(text).description == text)
            }
            #expect(try FabricAddress("[::1]:7400") == .host("::1", port: 7400))
            #expect(try FabricAddress("endpoint:0A") == .endpoint([10]))
        }

        @Test(
            "what is no address is refused with what to write",
            arguments: [
                "", "host", ":7400", "host:", "host:70000", "host:-1", "::1:7400", "endpoint:", "endpoint:0",
                "endpoint:zz",
            ])
        func mistakes(text: String) {
            let error = #expect(throws: FabricError.self) { try FabricAddress(text) }
            #expect(error?.code == .invalidAddress)
        }
    }
}
