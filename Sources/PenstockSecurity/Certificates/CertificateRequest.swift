/// What a certificate is to be made for.
public struct CertificateRequest: Sendable, Hashable {
    /// What a certificate can be used for.
    public struct Purposes: OptionSet, Sendable, Hashable {
        /// A bit for each.
        public let rawValue: UInt8

        /// Purposes from their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// To listen: the certificate proves that the server is the host that was asked for.
        public static let server = Purposes(rawValue: 1)
        /// To connect: the certificate proves who the client is.
        public static let client = Purposes(rawValue: 2)
    }

    /// The shortest life of a certificate.
    public static let lifetimeMin: Duration = .seconds(86_400)
    /// The longest life of a certificate. There are no lists of revoked ones: it is over when it expires.
    public static let lifetimeMax: Duration = .seconds(30 * 86_400)
    /// The most hosts of a certificate.
    public static let hostsMax = 64
    /// The most characters of a name (X.520, the upper bound of common names).
    public static let nameBytesMax = 64

    /// The subject, which is the identity of a client; also what the files are called.
    public let name: String
    /// What the certificate can be used for.
    public let purposes: Purposes
    /// For how long it is valid.
    public let lifetime: Duration
    let hosts: [HostName]

    /// A request.
    /// - Parameters:
    ///   - name: the subject: letters, digits, `.`, `_`, `@` and `-`, a letter or digit first; not `ca`.
    ///   - hosts: the DNS names and IP addresses at which clients reach the server; at least one for a server. The
    ///     first label of a name may be `*`.
    ///   - lifetime: 24 h to 30 d.
    /// - Throws: `SecurityError` with code `invalidSubject`, `invalidRequest` or `lifetimeTooLong`.
    public init(
        name: String, hosts: [String] = [], purposes: Purposes, lifetime: Duration
    ) throws(SecurityError) {
        guard Self.isName(name) else {
            throw SecurityError(
                .invalidSubject, "\(SecurityError.quoted(name)) cannot be the name of a certificate",
                hint: "use 1 to \(Self.nameBytesMax) letters, digits, '.', '_', '@' and '-', "
                    + "a letter or digit first, and not ca")
        }
        guard !purposes.isEmpty else {
            throw SecurityError(
                .invalidRequest, "the certificate of \(name) would be for nothing",
                hint: "say --server for what listens, --client for what connects, or both")
        }
        guard !purposes.contains(.server) || !hosts.isEmpty else {
            throw SecurityError(
                .invalidRequest, "the certificate of the server \(name) would be for no host",
                hint: "say with --host which DNS names and IP addresses clients use")
        }
        guard hosts.count <= Self.hostsMax else {
            throw SecurityError(.invalidRequest, "\(hosts.count) hosts are more than \(Self.hostsMax)")
        }
        guard lifetime >= Self.lifetimeMin else {
            throw SecurityError(
                .invalidRequest, "a certificate has to be valid for 24 h at least", hint: "say for example --valid 7d")
        }
        guard lifetime <= Self.lifetimeMax else {
            throw SecurityError(
                .lifetimeTooLong, "a certificate may be valid for 30 d, and not for longer",
                hint: "issue a new one before it runs out")
        }
        self.name = name
        self.hosts = try hosts.map { text throws(SecurityError) in try Self.host(text) }
        self.purposes = purposes
        self.lifetime = lifetime
    }

    private static func host(_ text: String) throws(SecurityError) -> HostName {
        guard let host = HostName(text) else {
            throw SecurityError(
                .invalidRequest, "\(SecurityError.quoted(text)) is neither an IP address nor a DNS name",
                hint: "for example node7.cluster.example or 10.0.0.7")
        }
        return host
    }

    /// A name that is a file's, and no option of a command.
    private static func isName(_ name: String) -> Bool {
        func isLetterOrDigit(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        return name != "ca" && (1...nameBytesMax).contains(name.utf8.count)
            && name.utf8.first.map(isLetterOrDigit) == true
            && name.utf8.allSatisfy { isLetterOrDigit($0) || "._@-".utf8.contains($0) }
    }
}
