internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

extension NIOSSLCertificate {
    /// Whom it is for: the common name of its subject, else its first alternative name that is text; nil where it has neither.
    var penstockIdentity: String? {
        if let name = subjectName.last(where: { $0.type == .commonName })?.value, !name.isEmpty { return name }
        let name = _subjectAlternativeNames().first { [.dnsName, .email, .uri].contains($0.nameType) }
        return name.map { String(decoding: $0.contents, as: UTF8.self) }
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
