import Foundation
import PenstockEvents
import PenstockFabric

/// A way to a listener of this machine on which few bytes get through in a second, each way.
final class SlowLink: Sendable {
    /// Where to connect to in place of the listener.
    let address: FabricAddress
    private let listening: CInt
    private let target: sockaddr_in
    private let bytesPerSecond: Int
    private let count = Guarded(0)
    private let isSlow = Guarded(true)

    init(to address: FabricAddress, bytesPerSecond: Int) throws {
        guard case .host("127.0.0.1", let port) = address else { throw Unexpected("\(address) is not of this machine") }
        self.bytesPerSecond = bytesPerSecond
        target = Self.loopback(port: port)
        let listening = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let bound = Self.with(Self.loopback(port: 0)) { bind(listening, $0, $1) }
        guard listening >= 0, bound == 0, listen(listening, 16) == 0 else { throw Unexpected("errno \(errno)") }
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listening, $0, &length) }
        }
        self.listening = listening
        self.address = .host("127.0.0.1", port: Int(UInt16(bigEndian: name.sin_port)))
        Thread.detachNewThread { [self] in accept() }
    }

    /// How many connections there were.
    var connections: Int { count.withLock { $0 } }

    /// From now on lets everything through as it comes.
    func widen() { isSlow.withLock { $0 = false } }

    /// Lets nobody in any more.
    func close() { shutdown(listening, CInt(SHUT_RDWR)) }

    private func accept() {
        while case let near = Glibc.accept(listening, nil, nil), near >= 0 {
            count.withLock { $0 += 1 }
            let far = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            _ = Self.with(target) { connect(far, $0, $1) }
            for (from, to) in [(near, far), (far, near)] {
                // Little is on its way that nobody has seen.
                var room = CInt(32 << 10)
                setsockopt(from, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<CInt>.size))
                Thread.detachNewThread { [self] in carry(from, to) }
            }
        }
        _ = Glibc.close(listening)
    }

    // Sockets stay with the process of the tests: either way may still use them.
    private func carry(_ from: CInt, _ to: CInt) {
        var buffer = [UInt8](repeating: 0, count: bytesPerSecond / 32)
        while case let got = read(from, &buffer, buffer.count), got > 0 {
            var sent = 0
            while sent < got {
                let done = buffer.withUnsafeBytes { write(to, $0.baseAddress! + sent, got - sent) }
                guard done > 0 else { return }
                sent += done
            }
            if isSlow.withLock({ $0 }) { usleep(useconds_t(1_000_000 * got / bytesPerSecond)) }
        }
        shutdown(to, CInt(SHUT_WR))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func with(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
