/// Where the states of the keys of an instance are: at a place in memory or on disk.
///
/// Places are numbered from 0 and used again, so that tables need no more room than there are keys in memory. They are in the order in which
/// their keys were last used, which is that of the events: neither time nor hashes decide what goes to disk.
struct KeyHomes {
    /// Where the state of a key is.
    enum Home {
        case nowhere
        case memory(place: UInt32)
        case disk(position: UInt64, length: UInt32)
    }

    private struct Place {
        var slot: UInt32
        var older: UInt32
        var newer: UInt32
    }

    private static let none = UInt32.max

    private var homes: [Home] = []
    private var places: [Place] = []
    private var free: [UInt32] = []
    private var oldest = none
    private var newest = none

    /// How many places there are, taken or not.
    var placeCount: Int { places.count }

    /// Where the state of the key in a slot is.
    func home(of slot: Int) -> Home { slot < homes.count ? homes[slot] : .nowhere }

    /// The key in memory that has not been used for longest, unless it is the only one.
    var leastUsed: (slot: Int, place: Int)? {
        guard oldest != newest else { return nil }
        return (Int(places[Int(oldest)].slot), Int(oldest))
    }

    /// The keys on disk among `slots`, in the order of their records.
    func onDisk(among slots: some Sequence<Int>) -> [(slot: Int, record: SpillStore.Record)] {
        slots.compactMap { slot in
            guard case .disk(let position, let length) = home(of: slot) else { return nil }
            return (slot, SpillStore.Record(position: position, length: length))
        }.sorted { $0.record.position < $1.record.position }
    }

    /// The keys whose records are at these positions, in their order.
    func onDisk(in positions: Range<UInt64>) -> [(slot: Int, record: SpillStore.Record)] {
        onDisk(
            among: homes.indices.lazy.filter { [homes] slot in
                if case .disk(let position, _) = homes[slot] { positions.contains(position) } else { false }
            })
    }

    /// Gives the key in a slot, which is not in memory, a place there, as the one that was used last.
    mutating func take(_ slot: Int) -> Int {
        while homes.count <= slot { homes.append(.nowhere) }
        let place: UInt32
        if let free = free.popLast() {
            place = free
        } else {
            place = UInt32(places.count)
            places.append(Place(slot: 0, older: Self.none, newer: Self.none))
        }
        places[Int(place)].slot = UInt32(slot)
        homes[slot] = .memory(place: place)
        append(place)
        return Int(place)
    }

    /// The key at a place has been used.
    mutating func use(_ place: Int) {
        guard UInt32(place) != newest else { return }
        unlink(UInt32(place))
        append(UInt32(place))
    }

    /// The key in a slot has gone to disk, or to nowhere.
    mutating func move(_ slot: Int, to record: SpillStore.Record?) {
        if case .memory(let place) = home(of: slot) {
            unlink(place)
            free.append(place)
        }
        guard slot < homes.count else { return }
        homes[slot] = record.map { .disk(position: $0.position, length: $0.length) } ?? .nowhere
    }

    private mutating func append(_ place: UInt32) {
        places[Int(place)].older = newest
        places[Int(place)].newer = Self.none
        if newest == Self.none { oldest = place } else { places[Int(newest)].newer = place }
        newest = place
    }

    private mutating func unlink(_ place: UInt32) {
        let (older, newer) = (places[Int(place)].older, places[Int(place)].newer)
        if older == Self.none { oldest = newer } else { places[Int(older)].newer = newer }
        if newer == Self.none { newest = older } else { places[Int(newer)].older = older }
    }
}
