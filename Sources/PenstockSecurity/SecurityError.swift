public import PenstockEvents

/// Why somebody is not let in, or a key, a certificate or a policy cannot be used; for which object, and what to do.
///
/// No text of an error has a token, a key or a password in it; what a stranger has sent is told in few characters.
public struct SecurityError: Diagnostic, Sendable, Hashable {
    /// What kind of failure it is.
    public let code: Code
    /// One line: what happened, with which subject, key or file.
    public let summary: String
    /// One line: what to do about it.
    public let hint: String?

    /// Kinds of failure. The raw values are stable names for scripts and for the audit.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nothing was shown that proves who it is.
        case notAuthenticated = "not-authenticated"
        /// The token, the credential or a part of it is not what the standard says.
        case malformed = "malformed"
        /// The token has more bytes than a token may have.
        case tooLong = "too-long"
        /// The token says that it is signed in a way that is not allowed, `none` among them.
        case forbiddenAlgorithm = "forbidden-algorithm"
        /// The key that the token names is not one of those that are trusted.
        case unknownKey = "unknown-key"
        /// The signature is not the key's for this token.
        case badSignature = "bad-signature"
        /// A claim that has to be there is not.
        case missingClaim = "missing-claim"
        /// The token is for another server.
        case wrongAudience = "wrong-audience"
        /// The token or the certificate has run out.
        case expired = "expired"
        /// The token is from the future.
        case notYetValid = "not-yet-valid"
        /// The token or the certificate would live longer than it may.
        case lifetimeTooLong = "lifetime-too-long"
        /// Somebody else has shown a token of this id before.
        case tokenReused = "token-reused"
        /// More tokens are in use than the registry can keep.
        case registryFull = "registry-full"
        /// The text is no scope, or there are too many.
        case invalidScope = "invalid-scope"
        /// The text is no subject of an identity.
        case invalidSubject = "invalid-subject"
        /// The file is not there.
        case missingFile = "missing-file"
        /// The file cannot be read.
        case unreadableFile = "unreadable-file"
        /// Others than its owner can read the file, or write it.
        case exposedFile = "exposed-file"
        /// The content of a key file, a policy or a certificate is wrong.
        case invalidFile = "invalid-file"
        /// The file is there already, and is not overwritten.
        case fileExists = "file-exists"
        /// The file cannot be written.
        case unwritableFile = "unwritable-file"
        /// What was asked for is no certificate or token that can be made.
        case invalidRequest = "invalid-request"
        /// The program or service that is needed is not there, or does not answer.
        case unavailable = "unavailable"
    }

    /// An error.
    public init(_ code: Code, _ summary: String, hint: String? = nil) {
        self.code = code
        self.summary = summary
        self.hint = hint
    }

    /// The kind of failure, from the code.
    public var category: FailureCategory {
        switch code {
        case .malformed, .tooLong, .forbiddenAlgorithm, .badSignature, .missingClaim, .invalidFile: .data
        case .notAuthenticated, .unknownKey, .wrongAudience, .expired, .notYetValid, .tokenReused, .exposedFile:
            .configuration
        case .registryFull: .temporary
        case .invalidScope, .invalidSubject, .invalidRequest, .lifetimeTooLong: .usage
        case .missingFile, .unreadableFile: .noInput
        case .fileExists, .unwritableFile: .inputOutput
        case .unavailable: .unavailable
        }
    }

    /// A text as a message tells it: on one line, in ASCII, and not longer than a person reads.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(60).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
        return "\"" + String(shown) + (text.unicodeScalars.count > 60 ? "…" : "") + "\""
    }
}
