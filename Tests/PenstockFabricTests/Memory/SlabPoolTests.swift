import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("Slabs")
    struct SlabPoolTests {
        @Test("slabs are whole pages that do not overlap, and come back when the last reference goes")
        func slabs() throws {
            let pool = try SlabPool(slabBytes: 5_000, slabs: 3)
            #expect(pool.slabBytes == 8_192)
            var slabs = [pool.take(), pool.take(), pool.take()].compactMap { $0 }
            #expect(slabs.count == 3 && pool.take() == nil)
            for (number, slab) in slabs.enumerated() {
                #expect(Int(bitPattern: slab.bytes.baseAddress) % 4_096 == 0)
                slab.bytes.initializeMemory(as: UInt8.self, repeating: UInt8(number))
            }
            for (number, slab) in slabs.enumerated() { #expect(slab.bytes.allSatisfy { $0 == UInt8(number) }) }
            let part = slabs[1][100..<200]
            slabs.remove(at: 1)
            #expect(pool.freeCount == 0, "a range holds its slab")
            #expect(part.bytes.allSatisfy { $0 == 1 })
            withExtendedLifetime(part) {}
        }

        @Test("who waits for a slab gets one when it is free, in order")
        func waiting() throws {
            let pool = try SlabPool(slabBytes: 1, slabs: 1)
            var taken = pool.take()
            let got = Guarded<[Int]>([])
            for number in 0..<3 { pool.whenFree { _ in got.withLock { $0.append(number) } } }
            #expect(got.withLock { $0 } == [])
            withExtendedLifetime(taken) {}
            taken = nil
            #expect(got.withLock { $0 } == [0, 1, 2], "each lets its slab go, and the next one gets it")
            #expect(pool.freeCount == 1)
        }

        @Test("the arena outlives its pool as long as a slab is there")
        func lifetime() throws {
            var pool: SlabPool? = try SlabPool(slabBytes: 1, slabs: 1)
            let slab = try #require(pool?.take())
            pool = nil
            slab.bytes.initializeMemory(as: UInt8.self, repeating: 5)
            #expect(slab.bytes.allSatisfy { $0 == 5 })
        }

        @Test("a pool that does not fit into memory is refused")
        func tooLarge() {
            let error = #expect(throws: FabricError.self) { try SlabPool(slabBytes: 1 << 40, slabs: 1 << 20) }
            #expect(error?.code == .outOfMemory)
            #expect(throws: FabricError.self) { try SlabPool(slabBytes: 1 << 46, slabs: 1) }
        }
    }
}
