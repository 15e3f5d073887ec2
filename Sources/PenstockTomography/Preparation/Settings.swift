/// A method and its settings as a command line has them: `sorting:size=21`, or `energy=20,distance=5` where there is only one method.
struct Settings {
    private let text: String
    private let usage: String
    private var values: [String: Double] = [:]
    /// What stands before the colon.
    let method: String

    /// - Parameter usage: What can be written, for the errors.
    /// - Throws: `TomographyError.invalidSettings`
    init(_ text: String, hasMethod: Bool, usage: String) throws(TomographyError) {
        self.text = text
        self.usage = usage
        let colon = text.firstIndex(of: ":")
        method = hasMethod ? String(text[..<(colon ?? text.endIndex)]) : ""
        let list = hasMethod ? (colon.map { text[text.index(after: $0)...] } ?? "") : text[...]
        for part in list.split(separator: ",", omittingEmptySubsequences: false) where !list.isEmpty {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = Double(sides[1]), value.isFinite else {
                throw failure("‘\(part)’ is not a name, an equals sign and a number")
            }
            guard values.updateValue(value, forKey: String(sides[0])) == nil else {
                throw failure("\(sides[0]) is there twice")
            }
        }
    }

    /// Takes a number above zero; nil where it was not given.
    mutating func number(_ name: String) throws(TomographyError) -> Double? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard value > 0 else { throw failure("\(name) must lie above 0") }
        return value
    }

    /// Takes a whole number of at least 1; nil where it was not given.
    mutating func count(_ name: String) throws(TomographyError) -> Int? {
        guard let value = try number(name) else { return nil }
        guard let count = Int(exactly: value), count <= 1_000_000 else {
            throw failure("\(name) must be a whole number, of at most a million")
        }
        return count
    }

    /// Takes a number above zero that must have been given.
    mutating func required(_ name: String) throws(TomographyError) -> Double {
        guard let value = try number(name) else { throw failure("\(name) is missing") }
        return value
    }

    /// Nothing may be left that nobody took.
    func checkAllTaken() throws(TomographyError) {
        if let name = values.keys.min() { throw failure("there is no setting \(name) here") }
    }

    func failure(_ reason: String) -> TomographyError { .invalidSettings(text, reason: reason, usage: usage) }
}
