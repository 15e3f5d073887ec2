internal import Foundation

/// Text and numbers in HTML.
enum HTML {
    /// The text, with what would be markup written as characters.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            // Control characters are no part of HTML.
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}": escaped += " "
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// A number with three or four significant digits, as people read it.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        if value == 0 { return "0" }
        if size >= 100_000 || size < 0.001 {
            let text = String(format: "%.2e", value)
            let parts = text.split(separator: "e")
            guard parts.count == 2, let power = Int(parts[1]) else { return text }
            let digits = parts[0].hasSuffix(".00") ? String(parts[0].dropLast(3)) : String(parts[0])
            return "\(digits)e\(power)"
        }
        let text = String(format: size >= 1000 ? "%.0f" : size >= 100 ? "%.1f" : size >= 1 ? "%.2f" : "%.4f", value)
        guard text.contains(".") else { return text }
        let bare = text.reversed().drop { $0 == "0" }
        return String((bare.first == "." ? bare.dropFirst() : bare).reversed())
    }
}

/// Pictures within a page.
enum SVG {
    /// A coordinate with one decimal.
    static func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A line from one place to another.
    static func line(_ kind: String, from: (x: Double, y: Double), to: (x: Double, y: Double)) -> String {
        "<line class=\"\(kind)\" x1=\"\(number(from.x))\" y1=\"\(number(from.y))\""
            + " x2=\"\(number(to.x))\" y2=\"\(number(to.y))\"/>"
    }

    /// A text whose `anchor`, `start`, `middle` or `end`, is at a place; `more` are further attributes.
    static func text(
        _ kind: String, _ text: String, at place: (x: Double, y: Double), anchor: String, more: String = ""
    ) -> String {
        "<text class=\"\(kind)\" x=\"\(number(place.x))\" y=\"\(number(place.y))\" text-anchor=\"\(anchor)\"\(more)>"
            + "\(HTML.escaped(text))</text>"
    }

    /// A picture of a size, which scales with the page; `title` is what is read out.
    static func figure(_ width: Double, _ height: Double, _ title: String, _ content: String) -> String {
        """
        <svg viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(HTML.escaped(title))">
        \(content)
        </svg>
        """
    }
}
