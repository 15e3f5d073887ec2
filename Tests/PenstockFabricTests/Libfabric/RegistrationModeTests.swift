import CFabric
import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("How providers want memory registered")
    struct RegistrationModeTests {
        @Test("the bits are libfabric's")
        func bits() {
            #expect(RegistrationMode.local.rawValue == FI_MR_LOCAL)
            #expect(RegistrationMode.virtualAddresses.rawValue == FI_MR_VIRT_ADDR)
            #expect(RegistrationMode.allocated.rawValue == FI_MR_ALLOCATED)
            #expect(RegistrationMode.providerKeys.rawValue == FI_MR_PROV_KEY)
            #expect(RegistrationMode.endpoint.rawValue == FI_MR_ENDPOINT)
            #expect(!RegistrationMode.understood.contains(RegistrationMode(rawValue: FI_MR_RAW)))
        }

        @Test("remote addresses are offsets, or those of the owner where the provider wants them")
        func addresses() {
            let address = UnsafeMutableRawPointer(bitPattern: 0x7000)
            #expect(RegistrationMode([]).remoteBase(of: address) == 0)
            #expect(RegistrationMode([.local, .endpoint]).remoteBase(of: address) == 0)
            #expect(RegistrationMode([.virtualAddresses]).remoteBase(of: address) == 0x7000)
        }

        @Test("keys are random in the bytes that the provider has, or its own")
        func keys() {
            let keys = (0..<100).map { _ in RegistrationMode([]).requestedKey(bytes: 8) }
            #expect(Set(keys).count == 100)
            let short = (0..<100).map { _ in RegistrationMode([]).requestedKey(bytes: 4) }
            #expect(short.allSatisfy { $0 > 0 && $0 <= UInt64(UInt32.max) } && Set(short).count > 90)
            #expect(RegistrationMode([.providerKeys]).requestedKey(bytes: 8) == 0)
        }
    }
}
