public import PenstockLog

/// The secret of a broker's owner: whoever shows it has all rights. It is in a file beside the log, which only the owner can read.
public struct OwnerToken: Sendable {
    private let token: String

    /// Whoever shows `token` is the owner.
    public init(_ token: String) { self.token = token }

    /// The rights of a client that shows a token.
    /// - Throws: `LogError` with code `notAllowed` where it is another one.
    public func rights(of client: String, showing shown: String) throws(LogError) -> any ClientRights {
        guard isSame(shown) else {
            throw LogError(
                .notAllowed,
                shown.isEmpty
                    ? "\(client) shows no token" : "\(client) shows a token that this broker does not know",
                hint: "set PENSTOCK_TOKEN_FILE to the file that the broker wrote when it began")
        }
        return AllRights(client: client)
    }

    // In the same time wherever the first difference is.
    private func isSame(_ shown: String) -> Bool {
        let (a, b) = (Array(token.utf8), Array(shown.utf8))
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(a, b) { difference |= left ^ right }
        return difference == 0
    }
}
