import NIOCore
import PenstockEvents
import Testing

@testable import PenstockFabric

extension FabricSuites {
    @Suite("Frames in a stream")
    struct FrameReaderTests {
        @Test("what is written in pieces is read as it was, however the stream is cut")
        func roundTrip() throws {
            let seed = UInt64.random(in: 0..<UInt64.max)
            print("seed \(seed)")
            var numbers = SeededNumbers(seed: seed)
            let pool = try SlabPool(slabBytes: 1 << 20, slabs: 1)
            let slab = try #require(pool.take())
            for at in 0..<1 << 20 { slab.bytes[at] = UInt8(truncatingIfNeeded: at &* 31) }
            var sent: [OutgoingFrame] = []
            for _ in 0..<200 {
                let message = (0..<Int.random(in: 0...8_192, using: &numbers)).map { UInt8(truncatingIfNeeded: $0) }
                let range = numbers.next() % 4 == 0 ? 0..<Int.random(in: 0...1 << 20, using: &numbers) : nil
                sent.append(OutgoingFrame(message: message, payload: range.map { slab[$0] }, released: { _ in }))
            }
            var stream: [UInt8] = []
            var writer = FrameWriter()
            writer.add(sent)
            var completed = 0
            while !writer.isEmpty {
                let (piece, done) = writer.nextPiece(ByteBufferAllocator())
                #expect(piece.readableBytes <= FrameWriter.pieceBytes && piece.readableBytes > 0)
                stream += piece.readableBytesView
                completed += done.count
            }
            #expect(completed == sent.count)
            #expect(stream.count == sent.reduce(0) { $0 + $1.queuedBytes })

            var reader = FrameReader(FabricLimits())
            var (place, skip, read) = (0, 0, 0)
            while place < stream.count {
                let cut = min(
                    stream.count, place + Int.random(in: 1...(numbers.next() % 2 == 0 ? 9 : 100_000), using: &numbers))
                var bytes = ByteBuffer(bytes: stream[place..<cut])
                place = cut
                while bytes.readableBytes > 0 {
                    let skipped = min(skip, bytes.readableBytes)
                    #expect(bytes.readBytes(length: skipped) != nil)
                    skip -= skipped
                    guard skip == 0, let (header, message) = try reader.next(from: &bytes) else { continue }
                    #expect(message == sent[read].message)
                    #expect(header.payloadBytes == sent[read].payload?.count ?? 0)
                    #expect(header.flags.contains(.payload) == (sent[read].payload != nil))
                    (skip, read) = (header.payloadBytes, read + 1)
                }
            }
            #expect(read == sent.count && skip == 0)
        }
    }
}
