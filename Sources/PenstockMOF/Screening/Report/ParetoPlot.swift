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

    private let points: [Point]
    private let x: Quantity
    private let y: Quantity
    private let across: Axis
    private let up: Axis
    /// How many doubtful points are not in the picture, since they are far from all others.
    let outsideCount: Int

    private static let size = (width: 760.0, height: 440.0)
    private static let frame = (left: 76.0, right: 736.0, top: 20.0, bottom: 384.0)

    init(points: [Point], x: Quantity, y: Quantity) {
        (self.x, self.y) = (x, y)
        let trusted = points.filter { !$0.isDoubtful }
        let shown = trusted.count > 1 ? trusted : points
        let (across, up) = (
            Axis(
                shown.map(\.x), isLogarithmic: x.isLogarithmic, from: Self.frame.left, to: Self.frame.right,
                tickCount: 7),
            Axis(shown.map(\.y), isLogarithmic: y.isLogarithmic, from: Self.frame.bottom, to: Self.frame.top)
        )
        (self.across, self.up) = (across, up)
        self.points = points.filter { point in
            !point.isDoubtful
                || (Self.frame.left...Self.frame.right).contains(across.place(point.x))
                    && (Self.frame.top...Self.frame.bottom).contains(up.place(point.y))
        }
        outsideCount = points.count - self.points.count
    }

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
        let (left, right, top, bottom) = Self.frame
        var parts = Axis.grid(across, up)
        let front = Self.front(points)
        let line = front.map { "\(SVG.number(across.place($0.x))),\(SVG.number(up.place($0.y)))" }
        if front.count > 1 { parts.append("<polyline class=\"front\" points=\"\(line.joined(separator: " "))\"/>") }
        for point in points { parts.append(mark(point, "dot")) }
        for point in front { parts.append(mark(point, "dot best")) }
        parts += names(front)
        parts.append(SVG.text("label", x.title, at: ((left + right) / 2, Self.size.height - 12), anchor: "middle"))
        let middle = (top + bottom) / 2
        let turn = " transform=\"rotate(-90 18 \(SVG.number(middle)))\""
        parts.append(SVG.text("label", y.title, at: (18, middle), anchor: "middle", more: turn))
        return SVG.figure(
            Self.size.width, Self.size.height, "\(y.name) against \(x.name.lowercased()) of \(points.count) structures",
            parts.joined(separator: "\n"))
    }

    /// Names of the front, the best first, where there is room for them: beside the point, on either side, and neither over the frame nor over
    /// another name or point.
    private func names(_ front: [Point]) -> [String] {
        var taken: [(left: Double, right: Double, top: Double)] = []
        var names: [String] = []
        let marks = points.map { (x: across.place($0.x), y: up.place($0.y)) }
        for point in front.reversed() {
            let (x, y) = (across.place(point.x), up.place(point.y))
            // An upper bound of what letters of this size take.
            let width = 7.5 * Double(point.name.count)
            for (isLeft, below) in [(false, -7.0), (true, -7), (false, 14), (true, 14)] {
                let start = isLeft ? x - 8 - width : x + 8
                let place = (left: start, right: start + width, top: y + below)
                let isFree =
                    !taken.contains { other in
                        other.left < place.right && place.left < other.right && abs(other.top - place.top) < 13
                    }
                    && !marks.contains { $0.x > start - 4 && $0.x < place.right + 4 && abs($0.y - place.top + 4) < 10 }
                guard isFree, start >= Self.frame.left, place.right <= Self.frame.right else { continue }
                taken.append(place)
                names.append(
                    SVG.text(
                        "name", point.name, at: (isLeft ? x - 8 : x + 8, y + below), anchor: isLeft ? "end" : "start"))
                break
            }
        }
        return names
    }

    private func mark(_ point: Point, _ kind: String) -> String {
        let title = "\(point.name): \(HTML.number(point.x)) \(x.unit), \(HTML.number(point.y)) \(y.unit)"
        let (cx, cy) = (SVG.number(across.place(point.x)), SVG.number(up.place(point.y)))
        return "<circle class=\"\(kind)\(point.isDoubtful ? " hollow" : "")\" cx=\"\(cx)\" cy=\"\(cy)\" r=\"4\">"
            + "<title>\(HTML.escaped(title))</title></circle>"
    }
}
