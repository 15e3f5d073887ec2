public import PenstockEvents

/// Which tokens are in use, and whose: the first who shows a token of an id has it until it expires.
///
/// The same subject with the same session key may come again as often as it likes. Another subject, or the same with
/// another session key, is refused: the token was copied. Entries go when their tokens have expired, and so none can be
/// pushed out; where there are `capacity` of them, further tokens wait. Only tokens that were verified count, so that
/// nobody without a trusted key can fill the registry.
public final class TokenRegistry: Sendable {
    private struct Holder {
        let subject: String
        let key: SessionKey
    }

    private struct State {
        var holders: [String: Holder] = [:]
        var expiries = ExpiryQueue()
        var refused = 0
    }

    /// The most tokens that are in use at a time.
    public let capacity: Int
    private let state = Guarded(State())

    /// A registry without tokens.
    /// - Parameter capacity: the most tokens that are in use at a time; each takes about 300 bytes.
    public init(capacity: Int = 65_536) {
        precondition(capacity > 0, "a registry has room for one token at least")
        self.capacity = capacity
    }

    /// How many tokens are in use, or have been until they expired.
    public var count: Int { state.withLock { $0.holders.count } }

    /// How often somebody was refused a token that somebody else has.
    public var refusedCount: Int { state.withLock { $0.refused } }

    /// Lets an identity that a token has proven in, for a session with this key.
    /// - Parameter now: the present instant by the clock that has verified the token.
    /// - Throws: `SecurityError` with code `tokenReused`, `expired` or `registryFull`; with `invalidRequest` where the
    ///   identity was not proven by a token.
    public func admit(_ identity: Identity, with key: SessionKey, at now: Timestamp) throws(SecurityError) {
        guard case .token(let id) = identity.proof, let expires = identity.expires else {
            throw SecurityError(.invalidRequest, "\(identity) has shown no token")
        }
        guard now < expires else {
            throw SecurityError(.expired, "the token \(id) has expired at \(expires.iso8601)", hint: "issue a new one")
        }
        try state.withLock { state throws(SecurityError) in
            for id in state.expiries.removeAll(before: now) { state.holders[id] = nil }
            if let holder = state.holders[id] {
                guard holder.subject == identity.subject, holder.key == key else {
                    state.refused += 1
                    throw SecurityError(
                        .tokenReused,
                        "the token \(id), which \(identity.subject) has shown, is in use by another session",
                        hint: "issue a token for each session, and see who could read this one")
                }
                return
            }
            guard state.holders.count < capacity else {
                throw SecurityError(
                    .registryFull, "\(capacity) tokens are in use, and no more can be",
                    hint: "try again later, or issue tokens that expire earlier")
            }
            state.holders[id] = Holder(subject: identity.subject, key: key)
            // A clock that is set back a little must not make a token good for a second holder.
            state.expiries.insert(
                id,
                at: Timestamp(
                    nanoseconds: expires.nanoseconds + TokenVerifier.clockSkewMax.nanoseconds))
        }
    }
}
