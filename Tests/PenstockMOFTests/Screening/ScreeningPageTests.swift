import Testing

@testable import PenstockMOF

@Suite struct ScreeningPageTests {
    private func point(_ name: String, _ x: Double, _ y: Double, _ isDoubtful: Bool = false) -> ParetoPlot.Point {
        ParetoPlot.Point(name: name, x: x, y: y, isDoubtful: isDoubtful)
    }

    @Test("the front has those that no other beats at the same or a lower cost")
    func front() {
        let points = [
            point("dear", 30, 4), point("best", 20, 5), point("cheap", 10, 1), point("worse", 15, 0.5),
            point("same", 10, 0.9), point("doubtful", 5, 9, true), point("most", 40, 6),
        ]
        #expect(ParetoPlot.front(points).map(\.name) == ["cheap", "best", "most"])
    }

    @Test("a histogram counts each value once, also where all are equal")
    func histogram() throws {
        let several = try #require(Histogram(.surface, [1, 2, 2, 3, 10]))
        #expect(several.bars.reduce(0) { $0 + $1.count } == 5)
        for (bar, next) in zip(several.bars, several.bars.dropFirst()) { #expect(bar.high == next.low) }
        #expect(try #require(Histogram(.surface, [7, 7])).bars.map(\.count) == [2])
        #expect(Histogram(.henry, [0]) == nil)
        #expect(Histogram(.surface, []) == nil)
    }

    @Test("ticks are round and enclose all values", arguments: [(0.3, 0.9), (12, 12), (-5, 1300), (1e-7, 3e-7)])
    func ticks(_ least: Double, _ most: Double) throws {
        let axis = Axis([least, most], isLogarithmic: false, from: 0, to: 100)
        #expect(axis.ticks.first! <= least && axis.ticks.last! >= most && axis.ticks.count <= 12)
        #expect(axis.place(least) >= -1e-9 && axis.place(most) <= 100 + 1e-9)
        let powers = Axis([1e-7, 3e-4], isLogarithmic: true, from: 0, to: 100)
        #expect((5...6).contains(powers.ticks.count))
    }

    @Test("a page has the best first, escapes names, and is the same every time")
    func page() throws {
        var good = ScreeningResult(name: "<b>good</b>")
        (good.henryCoefficient, good.heatOfAdsorption, good.isConverged) = (2e-5, 20, true)
        var better = ScreeningResult(name: "better")
        (better.henryCoefficient, better.heatOfAdsorption, better.isConverged) = (5e-5, 30, true)
        var bad = ScreeningResult(name: "bad")
        bad.end(.rejected, "overlap", "Zn & O at 0.3 Å")
        var doubtful = ScreeningResult(name: "doubtful")
        (doubtful.henryCoefficient, doubtful.heatOfAdsorption, doubtful.isConverged) = (900, 90, false)
        let lines = [good, better, bad, doubtful].map { ScreeningTable().json($0) }.joined(separator: "\n")
        let page = try ScreeningPage(title: "Screening", conditions: [("gas", "CO2")], lines: lines)
        let html = page.html
        #expect(html == page.html)
        let (first, second) = (html.range(of: ">better<"), html.range(of: "&lt;b&gt;good&lt;/b&gt;"))
        #expect(try #require(first).lowerBound < (try #require(second)).lowerBound)
        #expect(!html.contains(">doubtful<") && html.contains("1 with numbers that have not converged is not ranked"))
        #expect(html.contains("; 1 of them would be outside of the picture"))
        #expect(!html.contains("<b>good") && html.contains("overlap: Zn &amp; O at 0.3 Å"))
        #expect(html.contains("1 rejected") && html.contains("<polyline"))
        #expect(!html.contains("<script") && !html.contains("http"))
    }

    @Test("a page of no structures is a page")
    func empty() throws {
        let html = try ScreeningPage(title: "Screening", conditions: [], lines: "").html
        #expect(html.contains("0 structures"))
    }

    @Test("numbers are short and keep their size")
    func numbers() {
        #expect(
            [0, 12, 0.5, 1234.6, 7.37e-6, 150.25, 1e-5, -3.456].map(HTML.number)
                == ["0", "12", "0.5", "1235", "7.37e-6", "150.2", "1e-5", "-3.46"])
    }
}
