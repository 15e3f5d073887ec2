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
            let (link, folder) = (try await Link(), try TestFolder())
            let (pki, data, stop) = (folder("pki"), folder("log"), folder("stop"))
            for arguments in [
                ["init", "--directory", pki],
                ["issue", "--directory", pki, "--name", "broker", "--host", link.nearHost, "--server"],
            ] {
                let command = try ChildProcess("penstock", ["pki"] + arguments)
                #expect(try await command.ended() == 0, "\(command.errors)")
            }
            func inside(_ namespace: Namespace, _ program: String, _ arguments: String..., ca: Bool = true) throws
                -> ChildProcess
            {
                var environment = ["PENSTOCK_TOKEN_FILE": data + "/.broker-token"]
                if ca { environment["PENSTOCK_CA"] = pki + "/ca.pem" }
                return try ChildProcess(
                    program, arguments, environment: environment, launcher: namespace.launcher)
            }
            let broker = try inside(
                link.near, "penstock", "serve", "--data", data, "--listen", "0.0.0.0:0", "--certificate",
                pki + "/broker.pem", "--key", pki + "/broker.key", "--ca", pki + "/ca.pem")
            let everywhere = String(try await broker.line("serves ").split(separator: " ").last ?? "")
            let location = everywhere.replacing("0.0.0.0", with: link.nearHost)
            let producer = try inside(
                link.far, "BrokerPeer", "produce", "--log", location, "--name", "1", "--pause", "5", "--until", stop)
            try await producer.line("session ")
            let reader = try inside(
                link.far, "BrokerPeer", "consume", "--log", location, "--group", "far", "--until", stop + "ped")
            func progress(_ sessions: Int = 0) async throws {
                let before = ProducerAccount(producer).acknowledged.count
                try await eventually("progress: \(producer.lines.suffix(3)) \(producer.errors)") {
                    let account = ProducerAccount(producer)
                    return account.acknowledged.count > before + 20 && account.sessions >= sessions
                }
            }
            try await progress()
            // A short cut, which the kernel's own repetitions bridge, and one for which both sides give the connection up.
            try await link.set("down")
            try await Task.sleep(for: .seconds(1))
            try await link.set("up")
            try await progress()
            try await link.set("down")
            try await producer.line("waits ")
            try await link.set("up")
            try await progress(2)
            let plain = try inside(
                link.near, "BrokerPeer", "consume", "--log", everywhere.replacing("0.0.0.0", with: "127.0.0.1"),
                ca: false)
            #expect(try await plain.ended() != 0)
            try Data().write(to: URL(fileURLWithPath: stop))
            #expect(try await producer.ended() == 0, "\(producer.errors)")
            try Data().write(to: URL(fileURLWithPath: stop + "ped"))
            #expect(try await reader.ended() == 0, "\(reader.errors)")
            broker.signal(SIGTERM)
            #expect(try await broker.ended() == 0, "\(broker.errors)")
            let contents = try await ServedLog.contents(of: data)
            check(contents, of: [1: producer], "a link that was cut")
            var digest = LoadDigest()
            for (_, load) in contents { digest.add(load) }
            #expect(reader.lines.last == "done \(digest.count) \(digest.value)")
        }
    }
}
