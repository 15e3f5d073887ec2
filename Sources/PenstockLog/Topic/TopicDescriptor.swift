internal import PenstockEvents

/// What a topic's directory says about it: a text file, one `name: value` a line, its checksum in the last.
struct TopicDescriptor: Sendable, Equatable {
    static let fileName = "topic"
    static let version = 1

    let name: String
    let schema: Schema
    let configuration: TopicConfiguration

    func encoded() -> [UInt8] {
        let text = """
            penstock-topic \(Self.version)
            name: \(name)
            partitions: \(configuration.partitions)
            durability: \(configuration.durability.rawValue)
            segment-bytes: \(configuration.segmentBytes)
            schema: \(schema)

            """
        return Array((text + "crc32c: \(Self.checksum(text))\n").utf8)
    }

    init(name: String, schema: Schema, configuration: TopicConfiguration) {
        self.name = name
        self.schema = schema
        self.configuration = configuration
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
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw refuse("the line \"\(line)\" has no colon") }
            fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
        }
        guard let name = fields["name"], let partitions = fields["partitions"].flatMap({ Int($0) }),
            let durability = fields["durability"].flatMap({ Durability(rawValue: String($0)) }),
            let segmentBytes = fields["segment-bytes"].flatMap({ Int($0) }), let schemaText = fields["schema"]
        else { throw refuse("a field is missing") }
        let schema: Schema
        do { schema = try Schema(parsing: String(schemaText)) } catch { throw refuse("\(error)") }
        self.init(
            name: String(name), schema: schema,
            configuration: TopicConfiguration(
                partitions: partitions, durability: durability, segmentBytes: segmentBytes))
        try configuration.validate(topic: self.name)
    }

    private static func checksum(_ text: String) -> String {
        let value = Array(text.utf8).withRawBytes { CRC32C.checksum($0) }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
