import Testing

@testable import PenstockMOF

@Suite struct TopKTests {
    private let values: [(String, Double)] = (0..<60).map { place in
        ("m\(place * 37 % 60)", Double(place * place * 7 % 23))
    }

    @Test("the best are those of a full sort, ties by name, in any order of arrival and any grouping")
    func fullSort() {
        let sorted = values.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.prefix(9).map(\.0)
        for shift in [0, 7, 31] {
            var whole = TopK(count: 9)
            var (first, second) = (whole, whole)
            for place in values.indices {
                let (name, value) = values[(place * 11 + shift) % 60]
                whole.add(name: name, value: value)
                if place < 25 { first.add(name: name, value: value) } else { second.add(name: name, value: value) }
            }
            #expect(whole.entries.map(\.name) == sorted)
            second.merge(first)
            #expect(second == whole)
        }
    }

    @Test("a name is there once with its highest value, and what is not a number never")
    func repeated() {
        var best = TopK(count: 2)
        for (name, value) in [("a", 1.0), ("b", 3), ("a", 4), ("b", 2), ("c", .nan)] {
            best.add(name: name, value: value)
        }
        #expect(best.entries == [TopK.Entry(name: "a", value: 4), TopK.Entry(name: "b", value: 3)])
        #expect(best.mean == 3.5 && TopK(count: 1).mean == nil)
    }
}

@Suite struct ParetoFrontTests {
    @Test("the front is what a comparison of all pairs leaves, in any order of arrival and any grouping")
    func allPairs() {
        let points: [(name: String, values: [Double])] = (0..<80).map { place in
            let values: [Int] = [place * 29 % 17, place * place % 19, place * 13 % 11]
            return (name: "m\(place)", values: values.map { Double($0) })
        }
        func dominates(_ one: [Double], _ other: [Double]) -> Bool {
            zip(one, other).allSatisfy { $0 >= $1 } && zip(one, other).contains { $0 > $1 }
        }
        let expected = points.filter { point in !points.contains { dominates($0.values, point.values) } }
        var forward = ParetoFront(objectiveCount: 3)
        var halves = [forward, forward]
        for (place, point) in points.reversed().enumerated() {
            forward.add(name: point.name, values: point.values)
            halves[place % 2].add(name: point.name, values: point.values)
        }
        #expect(Set(forward.members.map(\.name)) == Set(expected.map(\.name)))
        halves[0].merge(halves[1])
        #expect(halves[0] == forward)
    }

    @Test("equal candidates stay, by name; what is not a number is not taken")
    func equals() {
        var front = ParetoFront(objectiveCount: 2)
        for name in ["b", "a", "b"] { front.add(name: name, values: [1, 2]) }
        front.add(name: "c", values: [.nan, 9])
        #expect(front.members.map(\.name) == ["a", "b"])
        front.add(name: "d", values: [1, 3])
        #expect(front.members.map(\.name) == ["d"])
    }
}
