internal import NIOCore
internal import NIOHTTP1

/// A request to etcd's JSON gateway, and who waits for what comes back.
struct EtcdCall: Sendable {
    let request: EtcdRequest
    /// Is given the body piece by piece as it comes, for answers that do not end; nil for those that come as a whole.
    let received: (@Sendable (ByteBuffer) -> Void)?
    let answer: EventLoopPromise<EtcdAnswer>
}

/// What has come back as a whole.
struct EtcdAnswer: Sendable {
    let status: Int
    let body: ByteBuffer
}

/// Why there is no answer.
enum EtcdFailure: Error {
    case connectionClosed
    case answerTooLong
}

/// One connection to etcd: one request at a time.
final class EtcdExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = EtcdCall
    typealias OutboundOut = HTTPClientRequestPart

    /// The most bytes of an answer: many more than there are small values in a facility.
    static let answerLimit = 64 << 20

    private let host: String
    private var call: EtcdCall?
    private var status = 0
    private var keepsAlive = true
    private var body = ByteBuffer()

    init(host: String) { self.host = host }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let next = unwrapOutboundIn(data)
        precondition(call == nil, "a connection to etcd has one request at a time")
        call = next
        status = 0
        body = ByteBuffer()
        let content = ByteBuffer(string: next.request.body)
        let headers: HTTPHeaders = [
            "Host": host, "Content-Type": "application/json", "Content-Length": String(content.readableBytes),
        ]
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: next.request.path, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(content))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            keepsAlive = head.isKeepAlive
        case .body(var piece):
            if status == 200, let received = call?.received {
                received(piece)
            } else if body.readableBytes + piece.readableBytes <= Self.answerLimit {
                body.writeBuffer(&piece)
            } else {
                fail(EtcdFailure.answerTooLong, context)
            }
        case .end:
            let answer = EtcdAnswer(status: status, body: body)
            if !keepsAlive { context.close(promise: nil) }
            let call = call
            self.call = nil
            call?.answer.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(EtcdFailure.connectionClosed, context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        let call = call
        self.call = nil
        call?.answer.fail(error)
        context.close(promise: nil)
    }
}
