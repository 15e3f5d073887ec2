import PenstockEngine
import TestSupport
import Testing

@testable import Penstock

@Suite("Programs in a flow") struct RunProgramTests {
    @Test("each event has its result, in order, at any batch size; one that fails is an event of its own")
    func flow() async throws {
        let folder = try TestFolder()
        // Fails for every third number, and is slowest with the first ones.
        let program = ExternalProgram(
            "sh", ["-c", "read n < number; test $((n % 3)) != 0 || exit 7; echo $((n * n)) > square"],
            timeLimit: .seconds(60), atATime: 2, folders: WorkingFolders(in: folder.path))
        var all: [[String]] = []
        for size in [1, 5, 100] {
            let results = Collected<String>()
            try await Flow("squares") {
                From(Generated(10) { n in (n + 1, Timestamp(nanoseconds: Int64(n))) })
                RunProgram(
                    program, files: { (n: Int) in ["number": Array("\(n)\n".utf8)] }, reading: ["square"]
                ) { n, outcome in
                    switch outcome {
                    case .success(let outcome): "\(n): \(outcome.text("square").dropLast())"
                    case .failure(let error): "\(n): \(error.code.rawValue)"
                    }
                }
                To(results)
            }.run(options: RunOptions(batchEvents: size))
            all.append(results.values)
        }
        let expected = (1...10).map { $0 % 3 == 0 ? "\($0): programFailed" : "\($0): \($0 * $0)" }
        #expect(all == [expected, expected, expected])
        #expect(folder.names() == [])
    }

    @Test("what makes no sense of a result ends the run and names the event")
    func rubbish() async throws {
        let folder = try TestFolder()
        let program = ExternalProgram(
            "sh", ["-c", "echo rubbish > out"], timeLimit: .seconds(60), folders: WorkingFolders(in: folder.path))
        let results = Collected<Int>()
        do {
            try await Flow("numbers") {
                From(Generated(1) { n in (n, Timestamp(nanoseconds: Int64(n))) })
                RunProgram(program, files: { (_: Int) in [:] }, reading: ["out"]) { _, outcome -> Int in
                    let text = try outcome.get().text("out")
                    guard let number = Int(text) else {
                        throw ProgramError(.unusableFile, program: "sh", "out is no number but '\(text.dropLast())'")
                    }
                    return number
                }
                To(results)
            }.run()
            Issue.record("the run did not end with an error")
        } catch {
            #expect("\(error)".contains("out is no number but 'rubbish'"))
        }
        #expect(folder.names() == [])
    }
}
