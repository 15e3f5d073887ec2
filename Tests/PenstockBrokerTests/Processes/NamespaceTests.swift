import Foundation
import PenstockLog
import TestSupport
import Testing

@testable import BrokerPeer

extension BrokerSuites {
    /// A broker and its clients on different machines, as far as the kernel's network can tell.
    @Suite("A broker behind a link that is cut")
    struct NamespaceTests {
        private static func run(_ command: String...) throws -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = command
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus == 0
        }

        /// Two network namespaces with one link between them.
        final class Link: Sendable {
            private static let number = ProcessInfo.processInfo.processIdentifier
            let (here, there) = ("pnsk-a\(number)", "pnsk-b\(number)")
            private let (ours, theirs) = ("pa\(number)", "pb\(number)")

            init() throws {
                guard try run("ip", "netns", "add", here), try run("ip", "netns", "add", there),
                    try run("ip", "link", "add", ours, "netns", here, "type", "veth", "peer", theirs, "netns", there)
                else { throw PeerFailure("no network namespaces may be made here") }
                for (namespace, link, address) in [(here, ours, "10.99.0.1/24"), (there, theirs, "10.99.0.2/24")] {
                    guard try run("ip", "-n", namespace, "addr", "add", address, "dev", link),
                        try run("ip", "-n", namespace, "link", "set", link, "up"),
                        try run("ip", "-n", namespace, "link", "set", "lo", "up")
                    else { throw PeerFailure("a link between network namespaces cannot be used") }
                }
            }

            func set(_ state: String) throws { #expect(try run("ip", "-n", here, "link", "set", ours, state)) }

            deinit { for namespace in [here, there] { _ = try? run("ip", "netns", "delete", namespace) } }
        }

        private static let mayMake = (try? Link()) != nil

        @Test(
            "producers and readers go on when the link heals, over TLS, and plain text is refused",
            .enabled(if: mayMake, "needs the right to make network namespaces"))
        func cut() async throws {
            let (link, folder) = (try Link(), try TestFolder())
            let (pki, data, stop) = (folder("pki"), folder("log"), folder("stop"))
            for arguments in [
                ["init", "--directory", pki],
                ["issue", "--directory", pki, "--name", "broker", "--host", "10.99.0.1", "--server"],
            ] {
                let command = try PeerProcess("penstock", ["pki"] + arguments)
                #expect(try await command.ended() == 0, "\(command.errors)")
            }
            func inside(_ namespace: String, _ program: String, _ arguments: String..., ca: Bool = true) throws
                -> PeerProcess
            {
                var environment = ["PENSTOCK_TOKEN_FILE": data + "/.broker-token"]
                if ca { environment["PENSTOCK_CA"] = pki + "/ca.pem" }
                return try PeerProcess(
                    program, arguments, environment: environment, launcher: ["ip", "netns", "exec", namespace])
            }
            let broker = try inside(
                link.here, "penstock", "serve", "--data", data, "--listen", "0.0.0.0:0", "--certificate",
                pki + "/broker.pem", "--key", pki + "/broker.key", "--ca", pki + "/ca.pem")
            let everywhere = String(try await broker.line("serves ").split(separator: " ").last ?? "")
            let location = everywhere.replacing("0.0.0.0", with: "10.99.0.1")
            let producer = try inside(
                link.there, "BrokerPeer", "produce", "--log", location, "--name", "1", "--pause", "5", "--until", stop)
            try await producer.line("session ")
            let reader = try inside(
                link.there, "BrokerPeer", "consume", "--log", location, "--group", "far", "--until", stop + "ped")
            func progress(_ sessions: Int = 0) async throws {
                let before = ProducerAccount(producer).acknowledged.count
                try await eventually("progress: \(producer.lines.suffix(3)) \(producer.errors)") {
                    let account = ProducerAccount(producer)
                    return account.acknowledged.count > before + 20 && account.sessions >= sessions
                }
            }
            try await progress()
            // A short cut, which the kernel's own repetitions bridge, and one for which both sides give the connection up.
            try link.set("down")
            try await Task.sleep(for: .seconds(1))
            try link.set("up")
            try await progress()
            try link.set("down")
            try await producer.line("waits ")
            try link.set("up")
            try await progress(2)
            let plain = try inside(
                link.here, "BrokerPeer", "consume", "--log", everywhere.replacing("0.0.0.0", with: "127.0.0.1"),
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
