import Foundation
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockTomography

@Suite struct AngleListTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func list(_ text: String, lines: ClosedRange<Int>? = nil) throws -> AngleList {
        AngleList(try folder.write(text, to: "angles.txt"), lines: lines)
    }

    private func failure(_ body: () throws -> Void) -> FormatError? {
        do { try body() } catch { return error as? FormatError }
        return nil
    }

    @Test("the command line names a file, or some of its lines counted from 1")
    func argument() {
        #expect(AngleList(argument: "a.txt") == AngleList("a.txt"))
        #expect(AngleList(argument: "d/a.txt:11-101") == AngleList("d/a.txt", lines: 11...101))
        #expect(AngleList(argument: "scan:2/a.txt") == AngleList("scan:2/a.txt"))
        #expect(AngleList(argument: "a.txt:11-101")?.description == "a.txt:11-101")
        for text in ["", ":1-2", "a.txt:0-5", "a.txt:5-1", "a.txt:5", "a.txt:1-", "a.txt:1-2-3", "a.txt:"] {
            #expect(AngleList(argument: text) == nil, "\(text)")
        }
    }

    @Test("lines that are blank or begin with # are counted and passed over")
    func lines() throws {
        let text = "# angle\n-88.2\n\n  2.5e1  \r\n+90\n"
        #expect(try list(text).read().values == [-88.2, 25, 90])
        #expect(try list(text, lines: 2...4).read().values == [-88.2, 25])
        #expect(try list("1\n2").read().values == [1, 2])
    }

    @Test("a line that is no number is named, and so is a file that is too short")
    func refusals() throws {
        let word = failure { _ = try list("1\ntwo\n").read() }
        #expect(word?.code == .wrongType && word?.object == "line 2")
        #expect(word?.summary.hasSuffix("line 2: \"two\" is not an angle") == true)
        #expect(failure { _ = try list("1 2\n").read() }?.code == .wrongType)
        let short = failure { _ = try list("1\n2\n3\n", lines: 2...4).read() }
        // The end of the last line is not a line.
        #expect(failure { _ = try list("1\n2\n3\n", lines: 2...5).read() }?.code == .wrongShape)
        #expect(short == nil)
        #expect(failure { _ = try AngleList(folder("absent")).read() }?.code == .notFound)
    }

    @Test("angles in radians are converted where the unit is told, and refused where it is not")
    func radians() throws {
        let half = (0..<20).map { Double($0) * .pi / 20 }
        func angles(_ values: [Double], _ unit: AngleUnit? = nil) -> ProjectionAngles {
            ProjectionAngles(values: values, unit: nil, givenUnit: unit, file: "a.txt", object: nil)
        }
        let degrees = try angles(half, .radians).degrees(count: 20)
        #expect(zip(degrees, 0..<20).allSatisfy { abs($0 - 9 * Double($1)) < 1e-12 })
        #expect(try angles(half, .degrees).degrees(count: 20) == half)
        // Half a turn and a whole one, without their ends and with them, backwards, and in golden-angle order.
        let golden = (0..<144).map { (Double($0) * 55 / 144).truncatingRemainder(dividingBy: 1) * .pi }
        for values in [
            half, half.map { 2 * $0 }, half.map { $0 * 20 / 19 }, half.map { -$0 }, golden, half.map { $0 + 1 },
        ] {
            let refused = failure { _ = try angles(values).degrees(count: values.count) }
            #expect(refused?.code == .wrongType)
            #expect(refused?.hint == "give --angle-unit rad, or --angle-unit deg if they are degrees")
        }
        // A file may say degrees and mean radians.
        let said = failure {
            _ = try ProjectionAngles(values: half, unit: .degrees, file: "s.h5", object: "/t").degrees(count: 20)
        }
        #expect(
            said?.summary
                == "s.h5, /t: the 20 angles end at \(half[19]) and are said to be degrees: these look like radians")
        #expect(
            try ProjectionAngles(values: half, unit: .radians, file: "s.h5", object: "/t").degrees(count: 20) == degrees
        )
        // Ten angles or fewer, and other spans, are taken as they are.
        #expect(try angles(Array(half.prefix(10))).degrees(count: 10) == Array(half.prefix(10)))
        for span in [1.0, 3.0, 5.0, 7.0, 90.0, 180.0, 360.0] {
            let values = (0..<200).map { Double($0) * span / 200 }
            #expect(try angles(values).degrees(count: 200) == values)
        }
    }

    @Test("the number of angles is that of the projections, and each is finite")
    func counts() throws {
        let angles = ProjectionAngles(values: [0, 90], unit: nil, file: "a.txt", object: nil)
        let count = failure { _ = try angles.degrees(count: 3) }
        #expect(count?.summary == "a.txt: there are 2 angles for 3 projections")
        #expect(count?.hint == "every projection needs its angle")
        // A dataset has angles for a scan that was broken off; a list that a user gives names its lines.
        var more = ProjectionAngles(values: [0, 60, 120], unit: nil, file: "s.h5", object: "/t")
        #expect(try more.degrees(count: 2) == [0, 60])
        more.object = nil
        let surplus = failure { _ = try more.degrees(count: 2) }
        #expect(surplus?.summary == "s.h5: there are 3 angles for 2 projections")
        #expect(surplus?.hint?.hasSuffix("--angles s.h5:11-101") == true)
        let bad = ProjectionAngles(values: [0, .nan], unit: nil, file: "s.h5", object: "/t")
        #expect(
            failure { _ = try bad.degrees(count: 2) }?.summary
                == "s.h5, /t: the angle of projection 1 is not a finite number")
    }
}
