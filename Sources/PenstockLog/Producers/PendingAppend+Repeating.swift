extension PendingAppend {
    /// The append of a batch that was submitted before: acknowledged when `first` is, or at once where that is known to be.
    convenience init(repeating first: PendingAppend?, offset: UInt64?, count: Int, durability: Durability) {
        self.init(firstOffset: offset ?? 0)
        let acknowledgement = Acknowledgement(
            firstOffset: offset ?? 0, count: count, durability: durability, isDuplicate: true,
            knowsOffset: offset != nil)
        if let first {
            first.whenSettled { [self] result in settle(result.map { _ in acknowledgement }) }
        } else {
            settle(.success(acknowledgement))
        }
    }
}
