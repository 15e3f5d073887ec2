import PenstockEvents
import Testing

@testable import PenstockEngine

@Suite("The rows of a join")
struct JoinOutputTests {
    @Test(
        "the rows of one group leave in batches of the run's size, each with its key and time", arguments: [1, 4, 64])
    func groups(limit: Int) {
        var output = JoinOutput(of: ValueType(Int64.self), limit: limit)
        for (group, count) in [3, 10, 0, 1].enumerated() {
            output.append((0..<count).map { Int64(group * 100 + $0) })
            output.label(code: 0, time: Int64(group))
        }
        var (values, times): ([Int64], [Int64]) = ([], [])
        var sequence: UInt64 = 0
        let keys = JoinKeys(testStage)
        while let batch = output.take(
            keys, origin: Origin(stage: 0, partition: 0), sequence: &sequence, watermark: .distantPast)
        {
            #expect(batch.count <= limit && batch.baseSequence == UInt64(values.count))
            for event in Events<Int64>(batch) {
                values.append(event.value)
                times.append(event.time.nanoseconds)
            }
        }
        #expect(values == [0, 1, 2] + (100..<110) + [300])
        #expect(times == [0, 0, 0] + Array(repeating: 1, count: 10) + [3])
    }

    @Test("of a group whose function fails half-way no row leaves", arguments: [1, 4, 64])
    func failing(limit: Int) {
        var output = JoinOutput(of: ValueType(Int64.self), limit: limit)
        output.append([1, 2] as [Int64])
        output.label(code: 0, time: 5)
        output.append((10..<20).map { Int64($0) })
        output.dropUnlabelled()
        output.append([3] as [Int64])
        output.label(code: 0, time: 6)
        var values: [Int64] = []
        var sequence: UInt64 = 0
        while let batch = output.take(
            JoinKeys(testStage), origin: Origin(stage: 0, partition: 0), sequence: &sequence, watermark: .distantPast)
        {
            values += batch.values(Int64.self)
        }
        #expect(values == [1, 2, 3])
    }
}
