internal import PenstockFabric
internal import PenstockLog

/// What a broker answers to the members of groups. A member whose connection ends is waited for.
extension BrokerSession {
    func workOnMembers(_ request: Request, _ number: UInt64, _ rights: any ClientRights) async throws(LogError) {
        switch request {
        case .joinGroup(let seat, let group, let request):
            try await join(group, request, seat, rights)
            broker.hasOpened(TopicPartition(positionsOf: group))
            answer(number) { _ in }
        case .nextChange(let seat):
            let change = try await self.seat(seat).nextChange()
            answer(number) { $0.put(change) }
        case .seatPositions(let seat, let partitions):
            let positions = try await self.seat(seat).committed(partitions)
            answer(number) { $0.put(GroupPositions(group: "", offsets: positions)) }
        case .seatCommit(let seat, let grants, let offsets):
            guard grants.count == offsets.count else {
                throw LogError(.invalidConfiguration, "a commit has as many offsets as partitions")
            }
            try await self.seat(seat).commit(Dictionary(zip(grants, offsets)) { _, last in last })
            answer(number) { _ in }
        case .releaseGrants(let seat, let grants):
            try await self.seat(seat).release(grants)
            answer(number) { _ in }
        case .leaveGroup(let seat):
            try await state.withLock { $0.seats.removeValue(forKey: seat) }?.leave()
            answer(number) { _ in }
        case .members(let group):
            _ = try await broker.log.positions(of: group)
            let description = try await broker.groups(of: group).description(of: group)
            answer(number) { $0.put(description) }
        default: preconditionFailure("\(request) is none of a member's")
        }
    }

    private func join(
        _ group: String, _ request: JoinRequest, _ number: UInt32, _ rights: any ClientRights
    ) async throws(LogError) {
        let request = JoinRequest(
            id: request.id, client: rights.client, member: request.member, isReturning: request.isReturning)
        let seat = try await broker.groups(of: group).join(group, of: broker.log, request)
        let isKept = state.withLock { state in
            guard state.ending == nil, state.seats[number] == nil,
                state.seats.count < broker.limits.objectsPerClient
            else { return false }
            state.seats[number] = seat
            return true
        }
        guard isKept else {
            seat.detach()
            throw tooMany("seats in groups")
        }
    }

    private func seat(_ number: UInt32) throws(LogError) -> LocalSeat {
        guard let seat = state.withLock({ $0.seats[number] }) else {
            throw broker.gone("the member \(number) of \(wire.connection.peer) has left")
        }
        return seat
    }
}
