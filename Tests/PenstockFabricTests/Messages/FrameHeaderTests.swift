import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("The header of a frame")
    struct FrameHeaderTests {
        private var header: FrameHeader {
            var header = FrameHeader(.message)
            header.flags = [.payload, .isInline]
            header.messageBytes = 3
            (header.payloadBytes, header.payload, header.address, header.key) = (5, 6, 0x0102_0304_0506_0708, .max)
            (header.epoch, header.number) = (7, 8)
            return header
        }

        private func read(_ bytes: [UInt8], _ limits: FabricLimits = FabricLimits()) throws -> FrameHeader {
            try bytes.withUnsafeBytes { try FrameHeader($0, limits) }
        }

        @Test("is 64 bytes as documented")
        func layout() throws {
            let bytes = header.encoded(before: [1, 2, 3])
            #expect(bytes.count == 64)
            #expect(Array(bytes[0..<12]) == Array("PNSF".utf8) + [1, 1, 3, 0, 3, 0, 0, 0])
            #expect(Array(bytes[16..<40]) == [5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1])
            #expect(
                Array(bytes[40..<64]) == [UInt8](repeating: 255, count: 8) + [
                    7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
                ])
            #expect(try read(bytes) == header)
        }

        @Test("each bit that is flipped, in it or in its message, is seen")
        func bits() {
            let message: [UInt8] = [1, 2, 3]
            let bytes = header.encoded(before: message)
            #expect(bytes.withUnsafeBytes { FrameHeader.isIntact($0, message) })
            for bit in 0..<8 * 64 {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(!damaged.withUnsafeBytes { FrameHeader.isIntact($0, message) }, "bit \(bit)")
            }
            for bit in 0..<24 {
                var damaged = message
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(!bytes.withUnsafeBytes { FrameHeader.isIntact($0, damaged) }, "bit \(bit)")
            }
        }

        @Test("sizes over the limits, other magic, version, kind and flags are refused before memory is taken")
        func lies() throws {
            func code(_ change: (inout [UInt8]) -> Void) -> FabricError.Code? {
                var bytes = header.encoded(before: [1, 2, 3])
                change(&bytes)
                return #expect(throws: FabricError.self) { try read(bytes) }?.code
            }
            #expect(code { $0[0] = 0 } == .protocolViolation)
            #expect(code { $0[4] = 2 } == .protocolViolation)
            #expect(code { $0[5] = 0 } == .protocolViolation)
            #expect(code { $0[5] = 200 } == .protocolViolation)
            #expect(code { $0[7] = 128 } == .protocolViolation)
            #expect(code { $0[11] = 255 } == .tooLarge)
            #expect(code { $0[23] = 255 } == .tooLarge)
            #expect(code { $0[6] = 0 } == .protocolViolation, "a size without a payload")
        }
    }
}
