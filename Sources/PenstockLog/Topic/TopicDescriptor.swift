internal import PenstockEvents

/// What a topic's directory says about it: a text file, one `name: value` a line, its checksum in the last.
struct TopicDescriptor: Sendable, Equatable {
    static let fileName = "topic"
    static let version = 1
    static let byteLimit = 1 << 20

    let name: String
    let schema: Schema
    let configuration: TopicConfiguration
    /// Lines of names that this version does not know, kept as they are.
    private let unknownLines: [String]

    private static let known: Set<Substring> = [
        "name", "partitions", "durability", "segment-bytes", "schema", "retention-bytes", "retention-nanoseconds",
        "retention-until-consumed-by", "compaction-key", "codec",
    ]

    func encoded() -> [UInt8] {
        let text = """
            penstock-topic \(Self.version)
            name: \(name)
            partitions: \(configuration.partitions)
            durability: \(configuration.durability.rawValue)
            segment-bytes: \(configuration.segmentBytes)
            schema: \(schema)

            """
            + (optionLines + unknownLines).map { $0 + "\n" }.joined()
        return Array((text + "crc32c: \(Self.checksum(text))\n").utf8)
    }

    init(name: String, schema: Schema, configuration: TopicConfiguration) {
        self.init(name: name, schema: schema, configuration: configuration, unknownLines: [])
    }

    private init(name: String, schema: Schema, configuration: TopicConfiguration, unknownLines: [String]) {
        self.name = name
        self.schema = schema
        self.configuration = configuration
        self.unknownLines = unknownLines
    }

    /// The same topic with another configuration.
    func changed(by change: TopicChange) throws(LogError) -> TopicDescriptor {
        let changed = TopicDescriptor(
            name: name, schema: schema, configuration: change.applied(to: configuration), unknownLines: unknownLines)
        try changed.configuration.validate(topic: name, schema: schema)
        return changed
    }

    // Only what is not the default, so that a plain topic stays readable for every version.
    private var optionLines: [String] {
        var lines: [String] = []
        if let bytes = configuration.retention.bytes { lines.append("retention-bytes: \(bytes)") }
        if let age = configuration.retention.age { lines.append("retention-nanoseconds: \(age.nanoseconds)") }
        let groups = configuration.retention.untilConsumedBy
        if !groups.isEmpty { lines.append("retention-until-consumed-by: \(groups.joined(separator: " "))") }
        let key = configuration.compactionKey
        if !key.isEmpty { lines.append("compaction-key: \(key.joined(separator: " "))") }
        if configuration.codec != .raw { lines.append("codec: \(configuration.codec.rawValue)") }
        return lines
    }

    /// - Throws: `LogError` with code `damaged` or `newerFormat`.
    init(_ bytes: [UInt8], file: String) throws(LogError) {
        func refuse(_ why: String) -> LogError {
            LogError(
                .damaged, "\(file) is not a topic's description: \(why)", hint: "restore the file from a copy",
                place: .init(file: file))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\n")
        guard let first = lines.first, first.hasPrefix("penstock-topic "), let version = Int(first.dropFirst(15)) else {
            throw refuse("it does not begin with penstock-topic")
        }
        guard version <= Self.version else {
            throw LogError(
                .newerFormat, "\(file) has format version \(version); this program reads up to \(Self.version)",
                hint: "use a newer release", place: .init(file: file))
        }
        guard let last = lines.popLast(), last == "crc32c: \(Self.checksum(lines.joined(separator: "\n") + "\n"))"
        else {
            throw refuse("its checksum is wrong")
        }
        var fields: [Substring: Substring] = [:]
        var unknownLines: [String] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw refuse("the line \"\(line)\" has no colon") }
            if !Self.known.contains(line[..<colon]) { unknownLines.append(String(line)) }
            fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
        }
        guard let name = fields["name"], let partitions = fields["partitions"].flatMap({ Int($0) }),
            let durability = fields["durability"].flatMap({ Durability(rawValue: String($0)) }),
            let segmentBytes = fields["segment-bytes"].flatMap({ Int($0) }), let schemaText = fields["schema"]
        else { throw refuse("a field is missing") }
        let schema: Schema
        do { schema = try Schema(parsing: String(schemaText)) } catch { throw refuse("\(error)") }
        var configuration = TopicConfiguration(
            partitions: partitions, durability: durability, segmentBytes: segmentBytes)
        guard configuration.read(optionsOf: fields) else { throw refuse("an option has a value that is none") }
        self.init(name: String(name), schema: schema, configuration: configuration, unknownLines: unknownLines)
        try configuration.validate(topic: self.name, schema: schema)
    }

    private static func checksum(_ text: String) -> String {
        let value = Array(text.utf8).withRawBytes { CRC32C.checksum($0) }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension TopicConfiguration {
    // False where a value cannot be read.
    fileprivate mutating func read(optionsOf fields: [Substring: Substring]) -> Bool {
        if let text = fields["retention-bytes"] {
            guard let bytes = Int(text) else { return false }
            retention.bytes = bytes
        }
        if let text = fields["retention-nanoseconds"] {
            guard let nanoseconds = Int64(text) else { return false }
            retention.age = .nanoseconds(nanoseconds)
        }
        if let text = fields["retention-until-consumed-by"] {
            let groups = text.split(separator: " ").map { String($0) }
            retention = Retention(bytes: retention.bytes, age: retention.age, untilConsumedBy: groups)
        }
        if let text = fields["compaction-key"] { compactionKey = text.split(separator: " ").map { String($0) } }
        if let text = fields["codec"] {
            guard let known = BatchCodec(rawValue: String(text)) else { return false }
            codec = known
        }
        return true
    }
}
