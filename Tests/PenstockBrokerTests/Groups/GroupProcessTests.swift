import Foundation
import PenstockBroker
import PenstockEvents
import PenstockLog
import Testing

extension BrokerSuites {
    @Suite("Members of a group that are processes")
    struct GroupProcessTests {
        /// What a member said of one delivery.
        private struct Said: Hashable {
            let partition: Int
            let offsets: Range<UInt64>

            init?(_ line: String, _ word: String) {
                let words = line.split(separator: " ")
                guard words.count == 4, words[0] == word, let partition = Int(words[1]), let first = UInt64(words[2]),
                    let end = UInt64(words[3]), first <= end
                else { return nil }
                self.partition = partition
                offsets = first..<end
            }
        }

        @Test("L15: one of two processes of a group is killed, and the other one delivers everything that it has not")
        func killed() async throws {
            try await withSite(.tcp) { site in
                let partitions = 4
                _ = try await site.log.openTopic(
                    "readings", schema: Reading.schema,
                    creatingWith: TopicConfiguration(partitions: partitions, durability: .pageCache))
                let arguments = ["penstock://\(site.address)", "analysis", "readings"]
                let doomed = try await PeerProcess("GroupPeer", arguments)
                defer { doomed.end() }
                let heir = try await PeerProcess("GroupPeer", arguments)
                defer { heir.end() }
                var writers: [any TopicWriter] = []
                for number in 0..<partitions {
                    writers.append(try await site.log.writer(for: TopicPartition("readings", number)))
                }
                func produce(_ rounds: Range<Int>) async throws {
                    for round in rounds {
                        for writer in writers { try await writer.append(.readings(round * 10..<round * 10 + 10)) }
                    }
                }
                try await produce(0..<20)
                var lines: [String] = []
                while lines.count < 20 { lines.append(try await doomed.line()) }
                doomed.signal(SIGKILL)
                try await produce(20..<40)
                for writer in writers {
                    try await writer.append(control: .endOfStream)
                    try await writer.close()
                }
                // What it had said before it was killed, and then what the other one has said.
                while let line = try? await doomed.line() { lines.append(line) }
                while lines.last != "ended" { lines.append(try await heir.line()) }
                for number in 0..<partitions {
                    let read = lines.compactMap { Said($0, "read") }.filter { $0.partition == number }
                    let seen = read.reduce(into: Set<UInt64>()) { $0.formUnion($1.offsets) }
                    #expect(seen == Set(0..<400))
                    let committed = lines.compactMap { Said($0, "committed") }.filter { $0.partition == number }
                    for (index, one) in committed.enumerated() {
                        #expect(!committed[..<index].contains { $0.offsets.overlaps(one.offsets) })
                    }
                }
                let positions = try await site.log.positions(of: "analysis").offsets
                #expect(positions.count == partitions && positions.values.allSatisfy { $0 == 400 })
            }
        }
    }
}
