/// The order in which a person lists numbered files: runs of digits by their value, so that `raw_9` stands before `raw_10`.
package enum NaturalOrder {
    /// Whether `left` stands before `right`. Texts are compared by their bytes; of equal numbers, the one with fewer zeros in front is first.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        var (left, right) = (Substring(left).utf8, Substring(right).utf8)
        var zeros = 0
        while let first = left.first, let second = right.first {
            if isDigit(first), isDigit(second) {
                let (a, b) = (number(&left), number(&right))
                if a.digits.count != b.digits.count { return a.digits.count < b.digits.count }
                if !a.digits.elementsEqual(b.digits) { return a.digits.lexicographicallyPrecedes(b.digits) }
                if zeros == 0 { zeros = a.zeros - b.zeros }
            } else {
                guard first == second else { return first < second }
                left.removeFirst()
                right.removeFirst()
            }
        }
        return left.isEmpty && right.isEmpty ? zeros < 0 : left.isEmpty
    }

    /// The name with `#` in place of every number: what the files of one series have in common.
    static func series(_ name: String) -> String {
        var result = ""
        for character in name {
            if !character.isASCII || !character.isNumber {
                result.append(character)
            } else if result.last != "#" {
                result.append("#")
            }
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// Takes a number off the front: how many zeros it begins with, and its other digits.
    private static func number(
        _ text: inout Substring.UTF8View
    ) -> (zeros: Int, digits: Substring.UTF8View.SubSequence) {
        let all = text.prefix { isDigit($0) }
        text = text.dropFirst(all.count)
        let digits = all.drop { $0 == 48 }
        return (all.count - digits.count, digits)
    }
}
