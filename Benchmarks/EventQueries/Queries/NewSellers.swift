import Penstock

/// Someone who sold something as soon as they came.
struct NewSeller: BitwiseCopyable, Sendable {
    let id: Int64
    let name: TextSlice
    let windowStart: Timestamp
}

/// q8: in each 10 seconds, the persons who came and began an auction, once each.
///
/// The stream is read once; two flows go on from it.
func newSellers(_ input: QueryInput, into rows: ChecksumSink<NewSeller>) -> Flow<Closed> {
    let events = Flow("events") {
        From(NexmarkSource(events: input.events, seed: input.seed, partitions: input.partitions, stop: input.stop))
    }
    let persons = Flow("persons") {
        events
        Filter { (event: NexmarkEvent) in event.kind == .person }
        Map { (event: NexmarkEvent) in event.person }
    }
    let auctions = Flow("auctions") {
        events
        Filter { (event: NexmarkEvent) in event.kind == .auction }
        Map { (event: NexmarkEvent) in event.auction }
    }
    return Flow("q8") {
        CoGroup(persons, auctions, on: \.id, \.seller, within: .tumbling(.seconds(10))) {
            (id: Int64, window: WindowSpan, persons: [Person], auctions: [Auction]) in
            auctions.isEmpty ? [] : persons.map { NewSeller(id: id, name: $0.name, windowStart: window.start) }
        }
        To(rows)
    }
}

extension NewSeller: HashedRow {
    func hash(into hash: inout RowHash) {
        hash.add(id)
        hash.add(name)
        hash.add(windowStart)
    }
}
