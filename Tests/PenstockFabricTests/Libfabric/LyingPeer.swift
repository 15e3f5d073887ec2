import CFabric
import Foundation
import Testing

@testable import PenstockFabric

/// A client that shakes hands as it should, and then sends what it wants.
final class LyingPeer {
    /// The session that the listener has given it.
    private(set) var epoch: UInt64 = 0
    private let endpoint: Endpoint
    private let domain: FabricDomain
    private let handshake = Handshake(secret: nil)
    private var destination: fi_addr_t
    private var received: [UInt8]?
    private var isSent = false

    /// A client that has said nothing yet.
    init(to address: FabricAddress) throws {
        guard case .endpoint(let bytes) = address else {
            preconditionFailure("the address of a listener is an endpoint's")
        }
        let library = try FabricLibrary()
        let info = try #require(
            try FabricInfo.all(library, interface: "127.0.0.1").first { $0.provider == "tcp;ofi_rxm" })
        domain = try FabricDomain(info)
        endpoint = try Endpoint(1, domain, info.at(port: 0), Link.slots(FabricLimits(), info))
        destination = try endpoint.insert(bytes)
        for slot in 0..<endpoint.slots.receives { _ = endpoint.receive(into: slot) }
    }

    /// Says hello and confirms the welcome.
    func greet() throws {
        let hello = try hello()
        try wait { received != nil }
        let answer = try (received ?? []).withUnsafeBytes {
            try Frame($0, .ofGreetings, from: FabricPeer(address: "the listener"))
        }
        var proof: [UInt8] = []
        let welcome = try Greeting(answer.message, proof: &proof)
        epoch = answer.header.epoch
        destination = try endpoint.insert(welcome.address)
        try send(ControlFrame(.hello, handshake.ofConfirmation(welcome, to: hello, epoch: epoch)), number: 0)
    }

    /// Says hello.
    @discardableResult func hello() throws -> Greeting {
        let hello = Greeting(Greeting.random(), domain.mode, FabricLimits(), try endpoint.name())
        let frame = ControlFrame(.hello, hello.encoded(handshake.ofHello(hello)))
        try send(frame.header.encoded(before: frame.message) + frame.message)
        return hello
    }

    /// Sends a frame of the session.
    func send(_ frame: ControlFrame, number: UInt64) throws {
        var header = frame.header
        (header.epoch, header.number) = (epoch, number)
        try send(header.encoded(before: frame.message) + frame.message)
    }

    /// Sends bytes.
    func send(_ bytes: [UInt8]) throws {
        endpoint.sendSlot(0).copyBytes(from: bytes)
        isSent = false
        try wait { endpoint.send(slot: 0, bytes.count, to: destination) == 0 }
        try wait { isSent }
    }

    private func wait(_ condition: () -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while !condition() {
            let hasCome = endpoint.poll { operation, byteCount, error in
                switch operation {
                case .receive(let slot) where error == nil: received = Array(endpoint.receiveSlot(slot)[0..<byteCount])
                case .send: isSent = true
                default: break
                }
            }
            if !hasCome { usleep(100) }
            if Date() > deadline { throw FabricError(.timedOut, "the listener does not answer") }
        }
    }
}
