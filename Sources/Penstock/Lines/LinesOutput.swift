public import PenstockEngine
internal import PenstockEvents
internal import PenstockFormats

/// A sink that writes a text file, one line an event, such as JSON lines. The file appears under its name when the run has ended well.
///
/// ```swift
/// To(LinesOutput("readings.jsonl") { (r: Reading) in "{\"sensor\":\(r.sensor)}" })
/// ```
public struct LinesOutput<Input: Sendable>: Sink {
    private let path: String
    private let line: @Sendable (Input) -> String

    /// The kind and the name of the file.
    public var summary: String { "lines \(path)" }

    /// Each line once: the file is cut at its length at the checkpoint.
    public var delivery: SinkDelivery { .exactlyOnce }

    /// A file; `line` gives the line of an event, without a line feed.
    public init(_ path: String, line: @escaping @Sendable (Input) -> String) { (self.path, self.line) = (path, line) }

    /// Refuses a file that exists already, unless it may be replaced.
    public func check(_ context: SinkContext) throws { _ = try PendingFile(path, overwrites: context.overwrite) }

    /// Begins to write beside the final name.
    public func open(_ context: SinkContext) throws -> any SinkWriter<Input> {
        Writer(try LinesFile(path, overwrite: context.overwrite), line)
    }

    /// Goes on behind the lines of a checkpoint.
    public func reopen(_ context: SinkContext, from state: [UInt8]) throws -> any SinkWriter<Input> {
        Writer(try LinesFile(path, overwrite: context.overwrite, continuing: state), line)
    }

    private struct Writer: SinkWriter {
        private let file: LinesFile
        private let line: @Sendable (Input) -> String

        init(_ file: LinesFile, _ line: @escaping @Sendable (Input) -> String) { (self.file, self.line) = (file, line) }

        mutating func write(_ events: Events<Input>) throws {
            for event in events { try file.append(line(event.value)) }
        }

        mutating func checkpoint() throws -> [UInt8]? { try file.checkpoint() }

        mutating func suspend() { file.suspend() }

        mutating func finish() throws { try file.finish() }

        mutating func abandon() { file.abandon() }
    }
}

/// The file of a sink of lines while it is written.
private final class LinesFile {
    private var pending: PendingFile?
    private var writer: LineWriter?

    init(_ path: String, overwrite: Bool) throws {
        let pending = try PendingFile(path, overwrites: overwrite)
        writer = try LineWriter(creating: pending.temporaryPath)
        self.pending = consume pending
    }

    /// Goes on with the file of an earlier run, where `state` says: the bytes of the file in decimal digits, a space, its path.
    init(_ path: String, overwrite: Bool, continuing state: [UInt8]) throws {
        let text = String(decoding: state, as: UTF8.self)
        guard let space = text.firstIndex(of: " "), let byteCount = Int(text[..<space]) else {
            preconditionFailure("\(text) is not the state of a file of lines")
        }
        let earlier = String(text[text.index(after: space)...])
        let pending = try PendingFile(path, overwrites: overwrite, continuing: earlier)
        do throws(FormatError) {
            writer = try LineWriter(continuing: pending.temporaryPath, behind: byteCount)
        } catch {
            // The checkpoint still refers to it.
            pending.leave()
            throw error
        }
        self.pending = consume pending
    }

    func append(_ line: String) throws { try writer?.append(line) }

    func checkpoint() throws -> [UInt8]? {
        guard let byteCount = try writer?.synchronize(), let path = pending?.temporaryPath else { return nil }
        return Array("\(byteCount) \(path)".utf8)
    }

    func suspend() {
        writer = nil
        pending.take()?.leave()
    }

    func finish() throws {
        try writer.take()?.close()
        try pending.take()?.commit()
    }

    func abandon() {
        writer = nil
        pending = nil
    }
}
