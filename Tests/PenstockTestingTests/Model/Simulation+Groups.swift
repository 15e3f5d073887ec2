import PenstockLog

extension Simulation {
    static let groupName = "readers"

    func commitPositions() async throws {
        if groupOwner == nil {
            let owner = try await log!.group(Self.groupName)
            try group.settle(await owner.positions.offsets)
            groupOwner = owner
        }
        var change: GroupModel.Offsets = [:]
        for topic in topics where change.isEmpty || random.coin() {
            change[topic.model.partition] = UInt64(random.below(1000))
        }
        group.beginCommit(change)
        try await groupOwner?.commit(change)
        group.endCommit()
    }

    /// Compares the positions of the group: as its owner sees them, or without one as anybody does.
    ///
    /// While there is an owner, others see what its head file says, which is behind where writing that failed.
    func checkPositions() async throws {
        if let groupOwner { return try group.check(await groupOwner.positions.offsets) }
        do {
            guard try await log!.groups().contains(Self.groupName) else { return try group.check([:]) }
            try group.check(await log!.positions(of: Self.groupName).offsets)
        } catch let error as LogError {
            try excuse(error, "positions")
        }
    }
}
