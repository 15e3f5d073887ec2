internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension linger {
    /// Closing throws away what is in the system's buffers, and tells the peer with a reset.
    static let atOnce = linger(l_onoff: 1, l_linger: 0)
}

/// What the failures of sockets and of TLS mean for a connection.
enum TCPFailure {
    static func gone(_ peer: FabricPeer) -> FabricError {
        FabricError(.peerGone, "\(peer) has gone without closing the connection")
    }

    /// Why nobody could be connected to.
    static func connecting(_ error: any Error, to address: FabricAddress, _ limits: FabricLimits) -> FabricError {
        switch error {
        case let error as FabricError: return error
        case ChannelError.connectTimeout:
            return FabricError(.timedOut, "\(address) has not answered within \(limits.connectTimeout)")
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            return FabricError(
                .invalidAddress, "the host of \(address) is not known",
                hint: "check the name, and that it can be looked up from here")
        case let error as NIOConnectionError:
            return connecting(error.connectionErrors[0].error, to: address, limits)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return FabricError(.refused, "nobody accepts connections at \(address)")
        case let error as IOError where error.errnoCode == ETIMEDOUT:
            return FabricError(.timedOut, "\(address) has not answered")
        default:
            return FabricError(.unavailable, "\(address) cannot be reached: \(reason(error))")
        }
    }

    /// Why an address could not be listened at.
    static func listening(_ error: any Error, at address: FabricAddress) -> FabricError {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            return FabricError(
                .addressInUse, "somebody listens at \(address) already",
                hint: "choose another port, or 0 for any that is free")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            return FabricError(.invalidAddress, "\(address) is no address of this machine")
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            return FabricError(.invalidAddress, "the host of \(address) is not known")
        default:
            return FabricError(.unavailable, "\(address) cannot be listened at: \(reason(error))")
        }
    }

    /// Why two ends did not agree on TLS.
    static func handshake(_ error: any Error, with peer: FabricPeer, _ certificate: NIOSSLCertificate?) -> FabricError {
        let reason = reason(error)
        switch error {
        case is IOError, NIOSSLError.uncleanShutdown,
            NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])):
            return FabricError(
                .refused, "\(peer) has closed the connection during the greeting: \(reason)",
                hint: "does it expect plain text, or not have room for more connections?")
        default:
            let detail = certificate.map { "; \($0.summaryForPeople)" } ?? ""
            return FabricError(
                .notTrusted, "TLS with \(peer) has failed: \(reason)\(detail)",
                hint: "check the host's name, the authorities' file at both ends, the certificates and the clock")
        }
    }

    /// Why an open connection has ended.
    static func stream(_ error: any Error, from peer: FabricPeer) -> FabricError {
        switch error {
        case is IOError, is ChannelError, NIOSSLError.uncleanShutdown: gone(peer)
        default: FabricError(.protocolViolation, "the stream of \(peer) is damaged: \(reason(error))")
        }
    }

    /// The reason in BoringSSL's words, without codes and the place in its source.
    static func reason(_ error: any Error) -> String {
        let text = (error as? any CustomStringConvertible)?.description ?? String(describing: error)
        let routines = "OPENSSL_internal:"
        guard let routine = text.firstRange(of: routines) else { return text }
        return text[routine.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            .replacing("_", with: " ").lowercased()
    }

    /// An address of a socket, as people write it.
    static func text(of address: SocketAddress?) -> String {
        guard let address, let host = address.ipAddress, let port = address.port else { return "an unknown address" }
        return FabricAddress.host(host, port: port).description
    }
}
