internal import PenstockEvents

extension ProducerTable {
    /// The table as bytes: the number of producers, then each in the order of their numbers.
    func encoded() -> [UInt8] {
        var writer = RecordWriter()
        writer.append(UInt32(producers.count))
        for (id, producer) in producers.sorted(by: { $0.key < $1.key }) {
            writer.append(id)
            writer.append(producer.epoch)
            writer.append(producer.nextSequence)
            writer.append(producer.name)
            writer.append(UInt32(producer.recent.count))
            for batch in producer.recent {
                writer.append(batch.sequence)
                writer.append(batch.offset)
                writer.append(batch.count)
            }
        }
        return writer.attributes
    }

    /// Reads what `encoded` wrote; all of it is acknowledged.
    init(reading reader: inout RecordReader) throws(RecordError) {
        for _ in 0..<(try reader.readInteger(UInt32.self)) {
            let id: UInt32 = try reader.readInteger()
            let epoch: UInt32 = try reader.readInteger()
            let nextSequence: UInt64 = try reader.readInteger()
            var producer = Producer(epoch: epoch, name: try reader.readString(), nextSequence: nextSequence)
            let batches: UInt32 = try reader.readInteger()
            guard batches <= Self.recentBatches else { throw .invalidField("\(batches) batches of a producer") }
            for _ in 0..<batches {
                let (sequence, offset): (UInt64, UInt64) = (try reader.readInteger(), try reader.readInteger())
                producer.recent.append(Batch(sequence: sequence, count: try reader.readInteger(), offset: offset))
            }
            restore(id, producer)
        }
    }
}
