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

    /// Compares the positions of the group as anybody sees them.
    func checkPositions() async throws {
        do {
            guard try await log!.groups().contains(Self.groupName) else { return try group.check([:]) }
            try group.check(await log!.positions(of: Self.groupName).offsets)
        } catch let error as LogError {
            try excuse(error, "positions")
        }
    }
}
