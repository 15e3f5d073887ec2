/// Lines of a quantity against a count, each with its name at its end.
struct LinePlot {
    /// A line.
    struct Series {
        let name: String
        /// By rising x.
        let points: [(x: Double, y: Double)]
    }

    let series: [Series]
    let x: String
    let y: Quantity

    /// The picture.
    var svg: String {
        let (width, height) = (760.0, 340.0)
        let (left, right, top, bottom) = (76.0, 670.0, 20.0, 284.0)
        let all = series.flatMap(\.points)
        let across = Axis([0] + all.map(\.x), isLogarithmic: false, from: left, to: right, tickCount: 7)
        let isLogarithmic = y.isLogarithmic && all.allSatisfy { $0.y > 0 }
        let up = Axis(all.map(\.y), isLogarithmic: isLogarithmic, from: bottom, to: top)
        var parts = Axis.grid(across, up)
        for (number, line) in series.enumerated() {
            let places = line.points.map { "\(SVG.number(across.place($0.x))),\(SVG.number(up.place($0.y)))" }
            let kind = number == 0 ? "front" : "front other"
            parts.append("<polyline class=\"\(kind)\" points=\"\(places.joined(separator: " "))\"/>")
            if let end = line.points.last {
                parts.append(
                    SVG.text("name", line.name, at: (across.place(end.x) + 6, up.place(end.y) + 4), anchor: "start"))
            }
        }
        parts.append(SVG.line("axis", from: (left, bottom), to: (right, bottom)))
        parts.append(SVG.line("axis", from: (left, top), to: (left, bottom)))
        parts.append(SVG.text("label", x, at: ((left + right) / 2, height - 8), anchor: "middle"))
        parts.append(
            SVG.text(
                "label", y.title, at: (16, (top + bottom) / 2), anchor: "middle",
                more: " transform=\"rotate(-90 16 \(SVG.number((top + bottom) / 2)))\""))
        return SVG.figure(width, height, "\(y.name) against the \(x)", parts.joined(separator: "\n"))
    }
}
