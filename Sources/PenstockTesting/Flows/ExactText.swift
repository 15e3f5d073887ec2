internal import PenstockEvents

/// A value as text that is the same for the same bits, and only for them: every stored property, floating-point numbers by their bits.
struct ExactText {
    private(set) var text = ""

    init(_ value: Any) { append(value) }

    private mutating func append(_ value: Any) {
        switch value {
        case let number as Double: text += "\(number)#\(String(number.bitPattern, radix: 16))"
        case let number as Float: text += "\(number)#\(String(number.bitPattern, radix: 16))"
        case let words as String: text += "\"\(words)\""
        case let time as Timestamp: text += "\(time.nanoseconds) ns"
        case let payload as Payload: text += payload.withUnsafeBytes { "\(Array($0))" }
        default: appendChildren(of: value)
        }
    }

    private mutating func appendChildren(of value: Any) {
        let mirror = Mirror(reflecting: value)
        if mirror.children.isEmpty {
            text += String(reflecting: value)
            return
        }
        if mirror.displayStyle == .set || mirror.displayStyle == .dictionary {
            // Their order differs from process to process and means nothing.
            text += "{\(mirror.children.map { ExactText($0.value).text }.sorted().joined(separator: ", "))}"
            return
        }
        if case .enum = mirror.displayStyle, let name = mirror.children.first?.label { text += ".\(name)" }
        text += "("
        for (number, child) in mirror.children.enumerated() {
            if number > 0 { text += ", " }
            append(child.value)
        }
        text += ")"
    }
}
