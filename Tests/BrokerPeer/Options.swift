import Foundation

/// What a command is told: `--name value`.
struct Options {
    private let values: [String: String]

    init(_ arguments: ArraySlice<String>) {
        var values: [String: String] = [:]
        var rest = arguments
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else { Self.refuse("\(name) has no value") }
            values[String(name.dropFirst(2))] = value
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }

    func required(_ name: String) -> String {
        guard let value = values[name] else { Self.refuse("--\(name) is missing") }
        return value
    }

    func number(_ name: String, _ standard: Int) -> Int {
        guard let text = values[name] else { return standard }
        guard let number = Int(text) else { Self.refuse("\(text) is no number") }
        return number
    }

    static func refuse(_ why: String) -> Never {
        FileHandle.standardError.write(Data((why + "\n" + BrokerPeer.usage).utf8))
        exit(64)
    }
}
