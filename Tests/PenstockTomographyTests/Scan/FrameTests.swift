import PenstockEvents
import Testing

@testable import PenstockTomography

@Suite struct FrameTests {
    private func record(_ event: some Event) -> (attributes: [UInt8], payload: Payload) {
        var writer = RecordWriter()
        writer.append(event)
        return (writer.attributes, writer.payloads[0])
    }

    private func read<E: Event>(_ type: E.Type, _ attributes: [UInt8], _ payload: Payload) throws -> E {
        try attributes.withUnsafeBytes { bytes in
            var reader = RecordReader(attributes: bytes, payload: payload)
            let event = try E(reading: &reader)
            #expect(reader.remaining == 0)
            return event
        }
    }

    @Test("a frame comes back from its record as it was", arguments: FrameKind.allCases, PixelType.allCases)
    func frame(kind: FrameKind, type: PixelType) throws {
        var frame = Frame.row(kind, [1, 2, 250], type: type, index: 70_000, angle: -12.75, scan: 1 << 40)
        frame.firstRow = 512
        let (attributes, payload) = record(frame)
        // 8 + 8 + 4 x 4 + 1 + 1 bytes, as the schema says.
        #expect(attributes.count == 34)
        let copy = try read(Frame.self, attributes, payload)
        #expect(copy.scan == frame.scan && copy.kind == kind && copy.index == 70_000 && copy.angleDegrees == -12.75)
        #expect(copy.rows == 1 && copy.columns == 3 && copy.firstRow == 512 && copy.pixelType == type)
        #expect(copy.pixels.withUnsafeBytes { Array($0) } == frame.pixels.withUnsafeBytes { Array($0) })
        #expect(frame.countsInProgress == (kind == .projection))
    }

    @Test("a record that is not one of a frame is refused")
    func damaged() {
        let (attributes, payload) = record(Frame.row(.projection, [1, 2, 3]))
        #expect(throws: RecordError.self) { try read(Frame.self, Array(attributes.dropLast()), payload) }
        for (index, value) in [(32, 5), (33, 5)] as [(Int, UInt8)] {
            var wrong = attributes
            wrong[index] = value
            #expect(throws: RecordError.self) { try read(Frame.self, wrong, payload) }
        }
        #expect(throws: RecordError.self) { try read(Frame.self, attributes, payload[0..<4]) }
    }

    @Test("a projection comes back from a snapshot's record as it was, with and without a centre")
    func projection() throws {
        for centre in [nil, 0.0, 296.125] {
            var projection = Projection.row([1, -2, 3, 4], rows: 2)
            (projection.centre, projection.travelDegrees, projection.angleDegrees) = (centre, 9.5, -9.5)
            let (attributes, payload) = record(projection)
            let copy = try read(Projection.self, attributes, payload)
            #expect(copy.centre == centre && copy.travelDegrees == 9.5 && copy.angleDegrees == -9.5)
            #expect(copy.rows == 2 && copy.columns == 2 && copy.values.floats == [1, -2, 3, 4])
        }
    }
}
