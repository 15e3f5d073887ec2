/// Structures by what is wanted, upwards, and what it costs, to the right, with the front of those that no other beats in both.
struct ParetoPlot {
    /// A structure.
    struct Point {
        let name: String
        let x: Double
        let y: Double
        /// Whether the numbers have not converged.
        let isDoubtful: Bool
    }

    /// How many points of the front have their names beside them.
    static let namedMax = 12

    let points: [Point]
    let x: Quantity
    let y: Quantity

    /// The points that have no other at the same or a lower x with a higher y, by rising x. Doubtful ones do not count.
    static func front(_ points: [Point]) -> [Point] {
        var front: [Point] = []
        let sorted = points.filter { !$0.isDoubtful }.enumerated().sorted { one, other in
            (one.element.x, -one.element.y, one.offset) < (other.element.x, -other.element.y, other.offset)
        }
        for (_, point) in sorted where front.last.map({ point.y > $0.y }) ?? true { front.append(point) }
        return front
    }

    /// The picture.
    var svg: String {
        let (width, height) = (760.0, 440.0)
        let (left, right, top, bottom) = (76.0, 736.0, 20.0, 384.0)
        let across = Axis(points.map(\.x), isLogarithmic: x.isLogarithmic, from: left, to: right, tickCount: 7)
        let up = Axis(points.map(\.y), isLogarithmic: y.isLogarithmic, from: bottom, to: top)
        var parts: [String] = []
        for tick in across.ticks {
            let place = SVG.number(across.place(tick))
            parts.append("<line class=\"rule\" x1=\"\(place)\" y1=\"\(top)\" x2=\"\(place)\" y2=\"\(bottom)\"/>")
            parts.append(
                "<text class=\"tick\" x=\"\(place)\" y=\"\(bottom + 18)\" text-anchor=\"middle\">\(HTML.number(tick))</text>"
            )
        }
        for tick in up.ticks {
            let place = up.place(tick)
            parts.append(
                "<line class=\"rule\" x1=\"\(left)\" y1=\"\(SVG.number(place))\" x2=\"\(right)\" y2=\"\(SVG.number(place))\"/>"
            )
            parts.append(
                "<text class=\"tick\" x=\"\(left - 8)\" y=\"\(SVG.number(place + 4))\" text-anchor=\"end\">\(HTML.number(tick))</text>"
            )
        }
        let front = Self.front(points)
        let line = front.map { "\(SVG.number(across.place($0.x))),\(SVG.number(up.place($0.y)))" }
        if front.count > 1 { parts.append("<polyline class=\"front\" points=\"\(line.joined(separator: " "))\"/>") }
        for point in points { parts.append(mark(point, across, up, "dot")) }
        for point in front { parts.append(mark(point, across, up, "dot best")) }
        for (place, point) in front.suffix(Self.namedMax).enumerated() {
            let (x, y) = (across.place(point.x), up.place(point.y))
            // Names go to the side where there is room, by turns above and below.
            let isLeft = x > (left + right) / 2
            parts.append(
                "<text class=\"name\" x=\"\(SVG.number(isLeft ? x - 8 : x + 8))\" y=\"\(SVG.number(place % 2 == 0 ? y - 7 : y + 14))\" text-anchor=\"\(isLeft ? "end" : "start")\">\(HTML.escaped(point.name))</text>"
            )
        }
        parts.append(
            "<text class=\"label\" x=\"\((left + right) / 2)\" y=\"\(height - 12)\" text-anchor=\"middle\">\(HTML.escaped(x.title))</text>"
        )
        let middle = (top + bottom) / 2
        parts.append(
            "<text class=\"label\" x=\"18\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 18 \(middle))\">\(HTML.escaped(y.title))</text>"
        )
        return SVG.figure(
            width, height, "\(y.name) against \(x.name.lowercased()) of \(points.count) structures",
            parts.joined(separator: "\n"))
    }

    private func mark(_ point: Point, _ across: Axis, _ up: Axis, _ kind: String) -> String {
        let title = "\(point.name): \(HTML.number(point.x)) \(x.unit), \(HTML.number(point.y)) \(y.unit)"
        return
            "<circle class=\"\(kind)\(point.isDoubtful ? " hollow" : "")\" cx=\"\(SVG.number(across.place(point.x)))\" cy=\"\(SVG.number(up.place(point.y)))\" r=\"4\"><title>\(HTML.escaped(title))</title></circle>"
    }
}
