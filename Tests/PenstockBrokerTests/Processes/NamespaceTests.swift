import Foundation
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer

extension BrokerSuites {
    /// A broker and its clients on different machines, as far as the kernel's network can tell.
    @Suite("A broker behind a link that is cut")
    struct NamespaceTests {
        @Test(
            "producers and readers go on when the link heals, over TLS, and plain text is refused",
            .enabled("\(Link.isImpossible)") { await Link.isPossible() })
        func cut() async throws {
            let link = try await Link()
            let served = try await ServedLog(
                .peer(silence: 2_000, try Credentials(host: Link.nearHost)), host: Link.nearHost,
                launchers: (link.near.launcher, link.far.launcher))
            let stop = served.folder("stop")
            let producer = try served.produce(1, "--pause", "5", "--until", stop)
            try await producer.line("session ")
            let reader = try served.consume("--group", "far", "--until", stop + "ped")
            try await progress(of: producer)
            // A short cut, which the kernel's own repetitions bridge, and one for which both sides give the connection up.
            try await link.set("down")
            try await Task.sleep(for: .milliseconds(500))
            try await link.set("up")
            try await progress(of: producer)
            try await link.set("down")
            try await producer.line("waits ")
            try await link.set("up")
            try await progress(of: producer)
            #expect(ProducerAccount(producer).sessions >= 2)
            let plain = try ChildProcess(
                "BrokerPeer", ["consume", "--log", served.location], launcher: link.far.launcher)
            #expect(try await plain.ended() == 78)
            #expect(plain.errors.contains("without encryption"), "\(plain.errors)")
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try Data().write(to: URL(fileURLWithPath: stop + "ped"))
            #expect(try await reader.ended() == 0, "\(reader.errors)")
            try await served.stop()
            let contents = try await served.contents()
            check(contents, of: [1: producer], "a link that was cut")
            var digest = LoadDigest()
            for (_, load) in contents { digest.add(load) }
            #expect(reader.lines.last == "done \(digest.count) \(digest.value)")
        }

        @Test(
            "the contract of logs holds over TCP, TLS and a fabric between a process in each of two networks",
            .enabled("\(Link.isImpossible)") { await Link.isPossible() })
        func contract() async throws {
            let link = try await Link()
            let itself = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let run = try ChildProcess(
                itself, ["--testing-library", "swift-testing", "--filter", "BrokerSuites/LogContractTests"],
                environment: [Link.farVariable: "\(link.far.pid)"], launcher: link.near.launcher)
            #expect(try await run.ended() == 0, "\(run.errors.suffix(4_000))")
            let cases = run.errors.split(separator: "\n").count { $0.contains("far-tls") }
            #expect(cases >= 10, "the contract has run without its cases: \(run.errors)")
        }
    }
}
