internal import PenstockEvents

// How the states of the library's aggregates are written into a checkpoint: by how the events and scores in them are.

extension PlacedEvent: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let value = valueCoding(of: Value.self) else { return nil }
        return CodingOf<Self> { event, encoder in
            encoder.put(event.place)
            try value.put(event.value, &encoder)
        } read: { decoder in
            let place = try decoder.place()
            return PlacedEvent(try value.value(&decoder), place)
        }
    }
}

extension ExtremeEvents.State: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let best = valueCoding(of: Score?.self), let events = valueCoding(of: [PlacedEvent<Value>].self) else {
            return nil
        }
        return CodingOf<Self> { state, encoder in
            try best.put(state.best, &encoder)
            // Which of several events of one score came first is not part of the state.
            try events.put(state.events.sorted { $0.place < $1.place }, &encoder)
        } read: { decoder in
            var state = Self()
            state.best = try best.value(&decoder)
            state.events = try events.value(&decoder)
            return state
        }
    }
}

extension TopEvents.Entry: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let score = valueCoding(of: Score.self), let event = valueCoding(of: PlacedEvent<Value>.self) else {
            return nil
        }
        return CodingOf<Self> { entry, encoder in
            try score.put(entry.score, &encoder)
            try event.put(entry.event, &encoder)
        } read: { decoder in
            let best: Score = try score.value(&decoder)
            return Self(best, try event.value(&decoder))
        }
    }
}

extension TopEvents.State: OwnCoding {
    static var ownCoding: (any ValueCoding)? {
        guard let entries = valueCoding(of: [TopEvents.Entry].self) else { return nil }
        return CodingOf<Self> { state, encoder in
            try entries.put(state.events, &encoder)
        } read: { decoder in
            var state = Self()
            state.events = try entries.value(&decoder)
            return state
        }
    }
}

extension StateEncoder {
    /// Appends the place of an event.
    mutating func put(_ place: EventPlace) {
        put(place.nanoseconds)
        put(place.effectiveNanoseconds)
        put(place.origin)
        put(place.key)
        put(place.sequence)
    }
}

extension StateDecoder {
    /// The next place of an event.
    mutating func place() throws -> EventPlace {
        EventPlace(
            nanoseconds: try integer(), effectiveNanoseconds: try integer(), origin: try origin(),
            key: try integer(), sequence: try integer())
    }
}
