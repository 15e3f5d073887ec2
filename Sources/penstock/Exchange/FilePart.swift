internal import ArgumentParser

/// The beginning of a file, in records and control records: of the whole file, or partition by partition.
///
/// On the command line `1200` is the first 1,200 of the file, and `0:600,3:598` the first 600 of partition 0 and the first 598 of
/// partition 3.
enum FilePart: Equatable {
    case whole(Int)
    case partitions([Int: Int])

    @Sendable static func parse(_ text: String) throws -> FilePart {
        if let count = Int(text), count >= 0 { return .whole(count) }
        var counts: [Int: Int] = [:]
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let numbers = word.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
            guard numbers.count == 2, numbers.allSatisfy({ $0 >= 0 }), counts[numbers[0]] == nil else {
                throw ValidationError(
                    "\"\(text)\" is no number of records; write for example 1200, or for each partition 0:600,1:598")
            }
            counts[numbers[0]] = numbers[1]
        }
        return .partitions(counts)
    }

    /// As `parse` reads it.
    var text: String {
        switch self {
        case .whole(let count): "\(count)"
        case .partitions(let counts):
            counts.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map { "\($0.key):\($0.value)" }
                .joined(separator: ",")
        }
    }

    var isEmpty: Bool {
        switch self {
        case .whole(let count): count == 0
        case .partitions(let counts): counts.values.allSatisfy { $0 == 0 }
        }
    }

    /// Takes the next record of a partition out of the part; false where it stands behind it.
    mutating func take(of partition: Int) -> Bool {
        switch self {
        case .whole(let count):
            guard count > 0 else { return false }
            self = .whole(count - 1)
        case .partitions(var counts):
            guard let count = counts[partition], count > 0 else { return false }
            counts[partition] = count - 1
            self = .partitions(counts)
        }
        return true
    }
}
