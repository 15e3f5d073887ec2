internal import Foundation

/// A request as etcd's JSON gateway takes it: keys and values in base64, numbers of 64 bits as strings.
struct EtcdRequest: Sendable {
    let path: String
    let body: String

    private init(_ path: String, _ body: String) {
        self.path = "/v3/\(path)"
        self.body = body
    }

    // MARK: Leases

    static func grant(seconds: Int64) -> EtcdRequest { EtcdRequest("lease/grant", #"{"TTL":"\#(seconds)"}"#) }

    static func keepAlive(_ lease: Int64) -> EtcdRequest { EtcdRequest("lease/keepalive", #"{"ID":"\#(lease)"}"#) }

    static func timeToLive(_ lease: Int64) -> EtcdRequest { EtcdRequest("lease/timetolive", #"{"ID":"\#(lease)"}"#) }

    static func revoke(_ lease: Int64) -> EtcdRequest { EtcdRequest("lease/revoke", #"{"ID":"\#(lease)"}"#) }

    // MARK: Keys

    /// All keys that begin with `prefix`, sorted.
    static func range(under prefix: String) -> EtcdRequest { EtcdRequest("kv/range", "{\(span(prefix))}") }

    /// The changes of all keys that begin with `prefix`, without an end.
    static func watch(under prefix: String) -> EtcdRequest {
        EtcdRequest("watch", #"{"create_request":{\#(span(prefix))}}"#)
    }

    /// Does one of two lists of operations, as all of the comparisons hold or not.
    static func transaction(
        if comparisons: [Comparison] = [], then success: [Operation], else failure: [Operation] = []
    ) -> EtcdRequest {
        func list(_ texts: [String]) -> String { "[\(texts.joined(separator: ","))]" }
        return EtcdRequest(
            "kv/txn",
            "{\"compare\":\(list(comparisons.map { $0.text })),\"success\":\(list(success.map { $0.text })),"
                + "\"failure\":\(list(failure.map { $0.text }))}")
    }

    /// What a transaction compares.
    enum Comparison {
        case isAbsent(String)
        case wasChanged(String, at: Int64)
        case holds(String, [UInt8])

        fileprivate var text: String {
            switch self {
            case .isAbsent(let key): #"{"key":"\#(base64(key))","target":"CREATE","create_revision":"0"}"#
            case .wasChanged(let key, let revision):
                #"{"key":"\#(base64(key))","target":"MOD","mod_revision":"\#(revision)"}"#
            case .holds(let key, let value): #"{"key":"\#(base64(key))","target":"VALUE","value":"\#(base64(value))"}"#
            }
        }
    }

    /// What a transaction does.
    enum Operation {
        case get(String)
        case put(String, [UInt8], lease: Int64?)
        case delete(String)

        fileprivate var text: String {
            switch self {
            case .get(let key): #"{"request_range":{"key":"\#(base64(key))"}}"#
            case .put(let key, let value, let lease):
                #"{"request_put":{"key":"\#(base64(key))","value":"\#(base64(value))","lease":"\#(lease ?? 0)"}}"#
            case .delete(let key): #"{"request_delete_range":{"key":"\#(base64(key))"}}"#
            }
        }
    }

    /// The key and the end of a range of keys that begin with `prefix`, which ends in a character below the last of ASCII.
    private static func span(_ prefix: String) -> String {
        var end = Array(prefix.utf8)
        end[end.count - 1] += 1
        return #""key":"\#(base64(prefix))","range_end":"\#(base64(end))""#
    }
}

private func base64(_ text: String) -> String { base64(Array(text.utf8)) }

private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
