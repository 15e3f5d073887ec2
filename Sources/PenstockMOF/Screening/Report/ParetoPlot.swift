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
            let place = across.place(tick)
            parts.append(SVG.line("rule", from: (place, top), to: (place, bottom)))
            parts.append(SVG.text("tick", HTML.number(tick), at: (place, bottom + 18), anchor: "middle"))
        }
        for tick in up.ticks {
            let place = up.place(tick)
            parts.append(SVG.line("rule", from: (left, place), to: (right, place)))
            parts.append(SVG.text("tick", HTML.number(tick), at: (left - 8, place + 4), anchor: "end"))
        }
        let front = Self.front(points)
        let line = front.map { "\(SVG.number(across.place($0.x))),\(SVG.number(up.place($0.y)))" }
        if front.count > 1 { parts.append("<polyline class=\"front\" points=\"\(line.joined(separator: " "))\"/>") }
        for point in points { parts.append(mark(point, across, up, "dot")) }
        for point in front { parts.append(mark(point, across, up, "dot best")) }
        for (number, point) in front.suffix(Self.namedMax).enumerated() {
            let (x, y) = (across.place(point.x), up.place(point.y))
            // Names go to the side where there is room, by turns above and below.
            let isLeft = x > (left + right) / 2
            let place = (isLeft ? x - 8 : x + 8, number % 2 == 0 ? y - 7 : y + 14)
            parts.append(SVG.text("name", point.name, at: place, anchor: isLeft ? "end" : "start"))
        }
        parts.append(SVG.text("label", x.title, at: ((left + right) / 2, height - 12), anchor: "middle"))
        let middle = (top + bottom) / 2
        let turn = " transform=\"rotate(-90 18 \(SVG.number(middle)))\""
        parts.append(SVG.text("label", y.title, at: (18, middle), anchor: "middle", more: turn))
        return SVG.figure(
            width, height, "\(y.name) against \(x.name.lowercased()) of \(points.count) structures",
            parts.joined(separator: "\n"))
    }

    private func mark(_ point: Point, _ across: Axis, _ up: Axis, _ kind: String) -> String {
        let title = "\(point.name): \(HTML.number(point.x)) \(x.unit), \(HTML.number(point.y)) \(y.unit)"
        let (cx, cy) = (SVG.number(across.place(point.x)), SVG.number(up.place(point.y)))
        return "<circle class=\"\(kind)\(point.isDoubtful ? " hollow" : "")\" cx=\"\(cx)\" cy=\"\(cy)\" r=\"4\">"
            + "<title>\(HTML.escaped(title))</title></circle>"
    }
}
