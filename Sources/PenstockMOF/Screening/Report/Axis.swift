internal import Foundation

/// The axis of a plot: from values to places, with round numbers as its ticks.
struct Axis {
    private let isLogarithmic: Bool
    private let low: Double
    private let high: Double
    private let places: (from: Double, to: Double)
    /// The values at which there is a tick.
    let ticks: [Double]

    /// The axis of values, widened to the ticks next to them; places may fall.
    init(_ values: [Double], isLogarithmic: Bool, from: Double, to: Double, tickCount: Int = 5) {
        self.isLogarithmic = isLogarithmic
        places = (from, to)
        let scaled = values.map { isLogarithmic ? log10($0) : $0 }
        var (least, most) = (scaled.min() ?? 0, scaled.max() ?? 1)
        if most - least < 1e-9 * max(1, abs(most)) {
            let margin = isLogarithmic ? 1 : max(0.5, abs(most) / 10)
            (least, most) = (least - margin, most + margin)
        }
        let share = (most - least) / Double(tickCount)
        let step = isLogarithmic ? max(1, share.rounded(.up)) : Self.step(share)
        low = (least / step).rounded(.down) * step
        high = (most / step).rounded(.up) * step
        let count = Int(((high - low) / step).rounded())
        let (start, isPower) = (low, isLogarithmic)
        ticks = (0...max(1, count)).map { number in
            let place = start + Double(number) * step
            return isPower ? pow(10, place.rounded()) : significant(place, digits: 10)
        }
    }

    /// The place of a value.
    func place(_ value: Double) -> Double {
        let scaled = isLogarithmic ? log10(value) : value
        return places.from + (scaled - low) / (high - low) * (places.to - places.from)
    }

    /// Lines across a plot at the ticks of its two axes, with their values.
    static func grid(_ across: Axis, _ up: Axis) -> [String] {
        let (left, right) = across.places
        let (bottom, top) = up.places
        return across.ticks.flatMap { tick in
            let place = across.place(tick)
            return [
                SVG.line("rule", from: (place, top), to: (place, bottom)),
                SVG.text("tick", HTML.number(tick), at: (place, bottom + 18), anchor: "middle"),
            ]
        }
            + up.ticks.flatMap { tick in
                let place = up.place(tick)
                return [
                    SVG.line("rule", from: (left, place), to: (right, place)),
                    SVG.text("tick", HTML.number(tick), at: (left - 8, place + 4), anchor: "end"),
                ]
            }
    }

    /// 1, 2 or 5 times a power of ten, at least so much.
    static func step(_ least: Double) -> Double {
        let power = pow(10, floor(log10(least)))
        for factor in [1.0, 2, 5, 10] where factor * power >= least * (1 - 1e-9) { return factor * power }
        return 10 * power
    }
}
