internal import Foundation

/// What sinks say of themselves in checkpoints, as JSON with its names in order: the same state has the same bytes.
enum SinkState {
    static func bytes(_ state: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(state))
    }

    static func read<State: Decodable>(_ type: State.Type, from bytes: [UInt8]) throws -> State {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
