import Foundation
import PenstockEvents
import TestSupport
import Testing

@testable import PenstockEngine

/// An answer as one program has it, and as a later one does: two types of one name.
private enum Earlier {
    struct Answer: Codable { var text: String }
}
private enum Later {
    struct Answer: Codable {
        var text: String
        var unit: String
    }
}

extension RememberedAnswerTests {
    /// Turns bits over in the middle of what a topic holds, at several places.
    private func damage(_ folder: TestFolder) throws {
        let files = FileManager.default.subpaths(atPath: folder.path) ?? []
        let file = try #require(files.first { $0.hasPrefix("answers/") && $0.hasSuffix(".segment") })
        var bytes = [UInt8](try folder.data(file))
        let end = try #require(bytes.lastIndex { $0 != 0 })
        for part in 1...3 {
            // Zeros may be what fills a block up.
            let place = try #require(bytes[(4096 + (end - 4096) * part / 4)...].firstIndex { $0 != 0 })
            bytes[place] ^= 0x55
        }
        try folder.write(bytes, to: file)
    }

    @Test("what is damaged in the topic is asked for again, and remembered again", arguments: [1, 4000])
    func damaged(size: Int) async throws {
        let folder = try TestFolder()
        @Sendable func answer(_ number: Int64) -> [Int64] {
            (0..<size).map { Int64(bitPattern: SplitMix64.mix(UInt64(number) << 32 + UInt64($0))) }
        }
        let events: Int64 = 12
        // The third run finds all of it.
        for expected in [12...12, 1...11, 0...0] {
            let (outside, collector) = (Outside(), Collector([Int64].self))
            let stages = [
                Self.source(events),
                Self.asking("ask", by: Self.byNumber) { (sample: Sample) -> [Int64]? in
                    answer(await outside.answer(sample, seed: 1).number)
                }, .to(collector),
            ]
            let run = try await makeRun(stages, folder.path)
            try await run.run()
            #expect(expected.contains(outside.asked.count), "\(outside.asked.count) asked for, not \(expected)")
            #expect(collector.values == (0..<events).map { answer($0 * 10) })
            let warned = run.progress.remarks.contains { remark in
                guard case .warning(let text) = remark else { return false }
                return text.hasPrefix("f/ask asks again for answers in answers that are damaged: ")
            }
            if expected.contains(12) {
                try damage(folder)
            } else if expected.contains(1) {
                #expect(warned, "\(run.progress.remarks)")
            }
        }
    }

    @Test("an answer of another form ends the run with the event's place and what to do")
    func changed() async throws {
        let folder = try TestFolder()
        let earlier = [
            Self.source(3), Self.asking("ask", by: Self.byNumber) { Earlier.Answer(text: "\($0.number)") },
            .to(Collector(Earlier.Answer.self)),
        ]
        try await makeRun(earlier, folder.path).run()
        let later = [
            Self.source(3), Self.asking("ask", by: Self.byNumber) { Later.Answer(text: "\($0.number)", unit: "m") },
            .to(Collector(Later.Answer.self)),
        ]
        let error = await #expect(throws: EngineError.self) { try await makeRun(later, folder.path).run() }
        let summary = error?.summary ?? ""
        #expect(summary.contains("f/ask") && summary.contains("the answer in the topic answers"), "\(summary)")
        #expect(error?.hint?.contains("delete this one") == true, "\(error?.hint ?? "")")
    }

    @Test("an event without a key is asked for each time, and counts as neither")
    func keyless() async throws {
        let folder = try TestFolder()
        // Odd numbers have no key. The 15 even ones share 8 with their neighbours.
        @Sendable func even(_ number: Int64) -> Bool { number % 2 == 0 }
        let key: @Sendable (Sample) -> AnswerKey? = { even($0.number) ? AnswerKey($0.number / 4) : nil }
        for (requests, asked, remembered) in [(23, 8, 7), (15, 0, 15)] {
            let (outside, collector) = (Outside(), Collector(Sample.self))
            let stages = [
                Self.source(30),
                Self.asking("ask", by: key) { (sample: Sample) -> Sample? in
                    let number = even(sample.number) ? sample.number / 4 : sample.number
                    return await outside.answer(Sample(number: number), seed: 1)
                }, .to(collector),
            ]
            let run = try await makeRun(stages, folder.path)
            try await run.run()
            #expect(outside.asked.values.reduce(0, +) == requests)
            let expected = (Int64(0)..<30).map { even($0) ? $0 / 4 * 10 : $0 * 10 }
            #expect(collector.values.map(\.number) == expected)
            let counts = run.progress.operators[StageName(flow: "f", stage: "ask")]
            #expect(counts?.askedEvents == asked)
            #expect(counts?.rememberedEvents == remembered)
        }
        #expect(try await keys(folder.path).count == 8)
    }
}
