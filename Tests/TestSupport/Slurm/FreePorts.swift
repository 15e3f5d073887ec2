internal import Foundation
internal import PenstockEvents

/// Ports in a row that nobody listens at, below those that the system gives to connections.
///
/// Test processes that run side by side begin at different ones.
final class FreePorts: Sendable {
    private static let range = 12_000..<32_000
    private let next = Guarded(range.lowerBound + Int(getpid()) * 16 % range.count)

    struct NoneLeft: Error {}

    /// The first of so many, which this process has not been given before.
    func first(of count: Int) throws -> Int {
        for _ in 0..<1000 {
            let first = next.withLock { next in
                if next + count > Self.range.upperBound { next = Self.range.lowerBound }
                defer { next += count }
                return next
            }
            if (first..<first + count).allSatisfy(Self.isFree) { return first }
        }
        throw NoneLeft()
    }

    private static func isFree(_ port: Int) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var reuse: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
