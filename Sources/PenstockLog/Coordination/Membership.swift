/// A process that takes part.
public struct Member: Sendable, Hashable, Comparable {
    /// Differs from that of every other member, also of those that have gone.
    public let id: String
    /// As it calls itself; several may have the same name.
    public let name: String
    /// Where it can be reached.
    public let address: String

    package init(id: String, name: String, address: String) {
        self.id = id
        self.name = name
        self.address = address
    }

    /// By name, then address, then identity.
    public static func < (a: Member, b: Member) -> Bool {
        (a.name, a.address, a.id) < (b.name, b.address, b.id)
    }
}

/// That a process is among the members, kept alive by the coordinator until it leaves or is lost.
public final class Membership: Sendable {
    /// As the others see this process.
    public let member: Member

    package let ending = Latch<LeaseEnd>()
    private let leaveMembers: @Sendable (Membership) async throws(CoordinatorError) -> Void

    package init(
        _ member: Member, leave: @escaping @Sendable (Membership) async throws(CoordinatorError) -> Void
    ) {
        self.member = member
        leaveMembers = leave
    }

    /// Whether the others may still count this process among the members.
    public var isCurrent: Bool { ending.value == nil }

    /// Suspends until the membership has ended and says why; nil where the task is cancelled before that. Who was lost may join again.
    public func ended() async -> LeaseEnd? { await ending.wait() }

    /// Leaves the members at once; claims stay. Does nothing where the membership has ended.
    /// - Throws: `CoordinatorError` where the others could not be told: they find out when the process leaves the coordinator.
    public func leave() async throws(CoordinatorError) {
        guard ending.set(.released) else { return }
        try await leaveMembers(self)
    }
}
