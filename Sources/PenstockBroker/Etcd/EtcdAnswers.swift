internal import Foundation
internal import NIOCore
internal import PenstockLog

/// What etcd's JSON gateway answers. Fields that are zero, false or empty are left out of an answer.
enum EtcdAnswers {
    struct Header: Decodable {
        let revision: String?
    }

    struct KeyValue: Decodable {
        let key: String
        let value: String?
        let mod_revision: String?
        let lease: String?

        var keyText: String { String(decoding: Data(base64Encoded: key) ?? Data(), as: UTF8.self) }
        var bytes: [UInt8] { Array(value.flatMap { Data(base64Encoded: $0) } ?? Data()) }
        var modRevision: Int64 { mod_revision.flatMap { Int64($0) } ?? 0 }
        var leaseID: Int64 { lease.flatMap { Int64($0) } ?? 0 }
    }

    struct Range: Decodable {
        let header: Header?
        let kvs: [KeyValue]?
    }

    struct Granted: Decodable {
        let ID: String
        let TTL: String?

        var seconds: Int64 { TTL.flatMap { Int64($0) } ?? 0 }
    }

    struct KeptAlive: Decodable {
        let result: Granted?
    }

    struct Transaction: Decodable {
        struct Response: Decodable {
            let response_range: Range?
        }

        let header: Header?
        let succeeded: Bool?
        let responses: [Response]?

        var revision: UInt64 { header?.revision.flatMap { UInt64($0) } ?? 0 }

        /// The key that the operation of this number has got; nil where it is not there.
        func key(_ number: Int) -> KeyValue? {
            guard let responses, number < responses.count else { return nil }
            return responses[number].response_range?.kvs?.first
        }
    }

    private struct Failure: Decodable {
        let message: String?
        let error: String?
    }

    static func decode<Answer: Decodable>(
        _ type: Answer.Type, _ body: ByteBuffer
    ) throws(CoordinatorError) -> Answer {
        do { return try JSONDecoder().decode(type, from: Data(body.readableBytesView)) } catch {
            throw CoordinatorError(
                .refused, "etcd's answer is not what its JSON gateway of version 3 gives",
                hint: "check that the address is that of an etcd, version 3.4 or later")
        }
    }

    /// What an answer that is no success says.
    static func message(of answer: EtcdAnswer) -> String {
        let failure = try? JSONDecoder().decode(Failure.self, from: Data(answer.body.readableBytesView))
        let text = failure?.message ?? failure?.error ?? ""
        return text.isEmpty ? "status \(answer.status)" : text
    }
}
