internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension NIOSSLCertificate {
    /// Whom it is for: the common name of its subject, else its first alternative name that is text; nil where it has
    /// neither.
    var penstockIdentity: String? {
        if let name = subjectName.last(where: { $0.type == .commonName })?.value, !name.isEmpty { return name }
        let name = _subjectAlternativeNames().first { [.dnsName, .email, .uri].contains($0.nameType) }
        return name.map { String(decoding: $0.contents, as: UTF8.self) }
    }

    /// Whether it is for a host of this name: one of its alternative names is the same, or has `*` for the first label
    /// of it (RFC 9525).
    ///
    /// NIOSSL takes the peer's address and the common name too, so that whoever has a certificate for any address and
    /// can forge an answer of the name service would be trusted.
    func isFor(host: String) -> Bool {
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let domain = host.firstIndex(of: ".").map { host[host.index(after: $0)...] }
        return _subjectAlternativeNames().contains { [host] name in
            guard name.nameType == .dnsName else { return false }
            let name = String(decoding: name.contents, as: UTF8.self).lowercased()
            guard name.hasPrefix("*.") else { return name == host }
            return domain?.contains(".") == true && name.dropFirst(2) == domain
        }
    }

    /// What it says, for a message about why it is not trusted.
    var summaryForPeople: String {
        let issuer = issuerName.last { $0.type == .commonName }?.value
        let names = "its certificate is for \(penstockIdentity ?? "nobody") and was issued by \(issuer ?? "nobody")"
        let now = time(nil)
        if now > notValidAfter { return names + ", and has expired" }
        return now < notValidBefore ? names + ", and is not valid yet" : names
    }
}
