/// The groups that keys are dealt into: what belongs to one key is always in one group, and groups go to partitions and
/// instances in equal ranges.
///
/// The map is fixed for ever: a key's records stay in the partition that the first one went to.
public enum KeyGroup {
    /// The number of groups.
    public static let count = 128

    /// The group of the key with this hash: the hash's upper half scaled to the number of groups.
    @inlinable @inline(__always) public static func group(of hash: UInt64) -> UInt64 {
        ((hash >> 32) &* UInt64(truncatingIfNeeded: count)) >> 32
    }

    /// Which of `owners`, numbered from 0, has a group.
    @inlinable @inline(__always) public static func owner(of group: UInt64, among owners: Int) -> Int {
        Int(truncatingIfNeeded: group &* UInt64(truncatingIfNeeded: owners) / UInt64(truncatingIfNeeded: count))
    }

    /// The partition for the key with this hash; of more than `count` partitions some get no key.
    @inlinable @inline(__always) public static func partition(of hash: UInt64, among partitions: Int) -> Int {
        owner(of: group(of: hash), among: partitions)
    }
}
