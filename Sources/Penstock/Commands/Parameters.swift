internal import ArgumentParser

/// A property that ArgumentParser fills, seen by its value.
private protocol ParsedProperty {
    var anyValue: Any { get }
}

extension Option: ParsedProperty {
    fileprivate var anyValue: Any { wrappedValue }
}

extension Flag: ParsedProperty {
    fileprivate var anyValue: Any { wrappedValue }
}

extension Argument: ParsedProperty {
    fileprivate var anyValue: Any { wrappedValue }
}

/// A group of such properties.
private protocol ParsedGroup {
    var anyGroup: Any { get }
}

extension OptionGroup: ParsedGroup {
    fileprivate var anyGroup: Any { wrappedValue }
}

extension Pipeline {
    /// The values of the pipeline's options by the names of their properties as the command line spells them, those that are not set
    /// left out.
    var parameters: [String: String] {
        var parameters: [String: String] = [:]
        Self.collect(self, into: &parameters)
        return parameters
    }

    private static func collect(_ arguments: Any, into parameters: inout [String: String]) {
        for child in Mirror(reflecting: arguments).children {
            if let group = child.value as? any ParsedGroup { collect(group.anyGroup, into: &parameters) }
            guard let label = child.label, let property = child.value as? any ParsedProperty else { continue }
            guard let text = text(of: property.anyValue) else { continue }
            parameters[optionName(label)] = text
        }
    }

    private static func text(of value: Any) -> String? {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return "\(value)" }
        return mirror.children.first.map { "\($0.value)" }
    }

    /// `_zingerThreshold` as `zinger-threshold`, `_useHTTP` as `use-http`: words as ArgumentParser finds them.
    private static func optionName(_ label: String) -> String {
        let letters = Array(label.drop { $0 == "_" })
        var name = ""
        for (index, letter) in letters.enumerated() {
            let endsAcronym = index + 1 < letters.count && letters[index + 1].isLowercase
            if letter.isUppercase, index > 0, !letters[index - 1].isUppercase || endsAcronym { name += "-" }
            name += letter.lowercased()
        }
        return name
    }
}
