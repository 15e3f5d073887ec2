/// The older open sessions of keys that have more than one: for each such key a list in the order of time.
///
/// Sessions of a key do not touch each other, so they end in the order in which they begin and leave from the front.
struct SessionLists {
    private struct List {
        var sessions: [OpenSession] = []
        /// Those before it have ended.
        var head = 0
    }

    private var lists: [List] = []
    private var free: [UInt32] = []

    /// Puts a session behind all others of its list, which is made where there is none.
    mutating func append(_ session: OpenSession, to number: inout UInt32) {
        if number == SessionTable.Entry.none { number = make() }
        lists[Int(number)].sessions.append(session)
    }

    /// The places of the sessions that share an instant with an interval; where there are none, the place where it would stand.
    func touched(by interval: OpenSession, in number: UInt32) -> Range<Int> {
        guard number != SessionTable.Entry.none else { return 0..<0 }
        let lower = partition(number) { $0.end >= interval.first }
        let upper = partition(number) { $0.first > interval.end }
        return lower..<upper
    }

    func session(_ place: Int, in number: UInt32) -> OpenSession { lists[Int(number)].sessions[place] }

    mutating func insert(_ session: OpenSession, at place: Int, to number: inout UInt32) {
        if number == SessionTable.Entry.none { return append(session, to: &number) }
        lists[Int(number)].sessions.insert(session, at: place)
    }

    /// Puts one session in the place of several.
    mutating func replace(_ places: Range<Int>, by session: OpenSession, in number: UInt32) {
        lists[Int(number)].sessions[places.lowerBound] = session
        let rest = places.dropFirst()
        if !rest.isEmpty { lists[Int(number)].sessions.removeSubrange(rest) }
    }

    mutating func remove(_ places: Range<Int>, from number: inout UInt32) {
        guard !places.isEmpty else { return }
        lists[Int(number)].sessions.removeSubrange(places)
        giveBackIfEmpty(&number)
    }

    /// The sessions of a list, the oldest first.
    func all(_ number: UInt32) -> ArraySlice<OpenSession> {
        number == SessionTable.Entry.none ? [] : lists[Int(number)].sessions[lists[Int(number)].head...]
    }

    /// The oldest session of a list.
    func oldest(_ number: UInt32) -> OpenSession { lists[Int(number)].sessions[lists[Int(number)].head] }

    /// Takes the sessions out that end by `limit`, the oldest first.
    mutating func takeEnded(by limit: Int64, from number: inout UInt32, _ body: (OpenSession) -> Void) {
        let index = Int(number)
        while lists[index].head < lists[index].sessions.count, oldest(number).end <= limit {
            body(oldest(number))
            lists[index].head += 1
        }
        if giveBackIfEmpty(&number) { return }
        // Each session is moved up at most as often as sessions before it have left.
        if lists[index].head * 2 > lists[index].sessions.count {
            lists[index].sessions.removeFirst(lists[index].head)
            lists[index].head = 0
        }
    }

    private func partition(_ number: UInt32, _ isBehind: (OpenSession) -> Bool) -> Int {
        var low = lists[Int(number)].head
        var high = lists[Int(number)].sessions.count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(lists[Int(number)].sessions[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func make() -> UInt32 {
        if let number = free.popLast() { return number }
        lists.append(List())
        return UInt32(lists.count - 1)
    }

    @discardableResult private mutating func giveBackIfEmpty(_ number: inout UInt32) -> Bool {
        let index = Int(number)
        guard lists[index].head == lists[index].sessions.count else { return false }
        // A list that was long does not keep its memory.
        lists[index].sessions.removeAll(keepingCapacity: lists[index].sessions.capacity <= 16)
        lists[index].head = 0
        free.append(number)
        number = SessionTable.Entry.none
        return true
    }
}
