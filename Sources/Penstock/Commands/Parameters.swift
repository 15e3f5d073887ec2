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

extension Pipeline {
    /// The values of the pipeline's options by the name that they have on the command line, those that are not set left out.
    var parameters: [String: String] {
        var parameters: [String: String] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, let property = child.value as? any ParsedProperty else { continue }
            guard let text = Self.text(of: property.anyValue) else { continue }
            parameters[Self.optionName(label)] = text
        }
        return parameters
    }

    private static func text(of value: Any) -> String? {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return "\(value)" }
        return mirror.children.first.map { "\($0.value)" }
    }

    /// `_zingerThreshold` as `zinger-threshold`.
    private static func optionName(_ label: String) -> String {
        var name = ""
        for character in label.drop(while: { $0 == "_" }) {
            if character.isUppercase { name += "-" }
            name += character.lowercased()
        }
        return name
    }
}
