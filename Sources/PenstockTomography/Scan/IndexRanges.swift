/// A set of numbers from 0, as ranges: as small as the gaps in it are few.
struct IndexRanges: Sendable, Hashable {
    /// In order; they neither touch nor overlap.
    var ranges: [Range<Int>] = []

    /// Whether there is no number.
    var isEmpty: Bool { ranges.isEmpty }

    /// Behind the largest number.
    var end: Int { ranges.last?.upperBound ?? 0 }

    /// The numbers below the largest that are not there.
    var gaps: [Range<Int>] {
        var start = 0
        var gaps: [Range<Int>] = []
        for range in ranges {
            if start < range.lowerBound { gaps.append(start..<range.lowerBound) }
            start = range.upperBound
        }
        return gaps
    }

    /// Puts a number in.
    /// - Returns: Whether it was there already.
    mutating func insert(_ number: Int) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= number { low = middle + 1 } else { high = middle }
        }
        // The first range that ends behind the number.
        if low < ranges.count, ranges[low].contains(number) { return true }
        let joinsLeft = low > 0 && ranges[low - 1].upperBound == number
        let joinsRight = low < ranges.count && ranges[low].lowerBound == number + 1
        switch (joinsLeft, joinsRight) {
        case (true, true):
            ranges.replaceSubrange(low - 1...low, with: [ranges[low - 1].lowerBound..<ranges[low].upperBound])
        case (true, false): ranges[low - 1] = ranges[low - 1].lowerBound..<number + 1
        case (false, true): ranges[low] = number..<ranges[low].upperBound
        case (false, false): ranges.insert(number..<number + 1, at: low)
        }
        return false
    }
}
