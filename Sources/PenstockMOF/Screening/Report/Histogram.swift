internal import Foundation

/// How often values of a quantity occur, as a picture.
struct Histogram {
    /// A bar: from where to where, and how many values.
    struct Bar: Equatable {
        let low: Double
        let high: Double
        let count: Int
    }

    private let quantity: Quantity
    let bars: [Bar]
    private let valueCount: Int

    /// The bars; nil where there is no value that can be shown.
    init?(_ quantity: Quantity, _ all: [Double]) {
        let values = quantity.isLogarithmic ? all.filter { $0 > 0 }.map { log10($0) } : all
        guard let least = values.min(), let most = values.max() else { return nil }
        self.quantity = quantity
        valueCount = values.count
        // About the square root of the number of values.
        let wanted = min(24, max(5, Int(Double(values.count).squareRoot().rounded(.up))))
        let step = most > least ? Axis.step((most - least) / Double(wanted)) : 1
        let first = Int((least / step + 1e-9).rounded(.down))
        let last = max(first, Int((most / step + 1e-9).rounded(.down)))
        var counts = [Int](repeating: 0, count: last - first + 1)
        for value in values { counts[max(0, min(last, Int((value / step + 1e-9).rounded(.down))) - first)] += 1 }
        let isLogarithmic = quantity.isLogarithmic
        bars = counts.enumerated().map { place, count in
            let (low, high) = (Double(first + place) * step, Double(first + place + 1) * step)
            return isLogarithmic
                ? Bar(low: pow(10, low), high: pow(10, high), count: count)
                : Bar(low: significant(low, digits: 10), high: significant(high, digits: 10), count: count)
        }
    }

    /// The picture.
    var svg: String {
        let (width, height) = (340.0, 200.0)
        let (left, right, top, bottom) = (34.0, 330.0, 30.0, 164.0)
        let most = max(1, bars.map(\.count).max() ?? 1)
        let slot = (right - left) / Double(bars.count)
        var parts: [String] = []
        for count in Self.countTicks(most) {
            let y = bottom - Double(count) / Double(most) * (bottom - top)
            parts.append(SVG.line("rule", from: (left, y), to: (right, y)))
            parts.append(SVG.text("tick", "\(count)", at: (left - 5, y + 4), anchor: "end"))
        }
        for (place, bar) in bars.enumerated() where bar.count > 0 {
            let tall = Double(bar.count) / Double(most) * (bottom - top)
            let (x, y) = (SVG.number(left + Double(place) * slot + 1), SVG.number(bottom - tall))
            let title = "\(HTML.number(bar.low)) to \(HTML.number(bar.high)): \(bar.count)"
            parts.append(
                "<rect class=\"bar\" x=\"\(x)\" y=\"\(y)\" width=\"\(SVG.number(max(1, slot - 2)))\""
                    + " height=\"\(SVG.number(tall))\"><title>\(title)</title></rect>")
        }
        // A number at every edge would not fit.
        let every = max(1, Int((Double(bars.count) / 5).rounded(.up)))
        for place in stride(from: 0, through: bars.count, by: every) {
            let value = place < bars.count ? bars[place].low : bars[place - 1].high
            let x = left + Double(place) * slot
            parts.append(SVG.text("tick", HTML.number(value), at: (x, bottom + 15), anchor: "middle"))
        }
        parts.append(SVG.line("axis", from: (left, bottom), to: (right, bottom)))
        parts.append(SVG.text("label", quantity.title, at: ((left + right) / 2, height - 6), anchor: "middle"))
        parts.append(SVG.text("tick", "structures", at: (left, 16), anchor: "start"))
        return SVG.figure(
            width, height, "\(quantity.name) of \(valueCount) structures, a histogram", parts.joined(separator: "\n"))
    }

    /// Up to four whole numbers.
    private static func countTicks(_ most: Int) -> [Int] {
        let step = max(1, Int(Axis.step(Double(most) / 4)))
        return Array(stride(from: step, through: most, by: step))
    }
}
