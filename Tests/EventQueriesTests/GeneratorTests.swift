import Penstock
import Testing

@testable import EventQueries

/// Expected values: the known answers of PNX1 (appendix A.8 of the semantics), made by a program in another language.
struct GeneratorTests {
    @Test("the finaliser and the scaling give the known answers")
    func mixing() {
        #expect(SplitMix64.mix(0) == 0)
        #expect(SplitMix64.mix(1) == 0x5692_161d_100b_05e5)
        #expect(SplitMix64.mix(Draws.golden) == 0xe220_a839_7b1d_cdaf)
        #expect(Draws.golden == SplitMix64.golden)
        #expect(Draws.scale(0x8000_0000_0000_0000, to: 10) == 5)
        #expect(Draws.scale(.max, to: 26) == 25)
    }

    @Test("draws are those of the seed and the event's number")
    func draws() {
        #expect(Draws(seed: 7, event: 0)[0] == 0xb8b4_c297_7eab_ce45)
        #expect(Draws(seed: 7, event: 0)[2] == 0x8ca3_cbb6_ca63_129b)
        #expect(Draws(seed: 7, event: 4)[0] == 0xba42_f571_ab5a_9e30)
        #expect(Draws(seed: 7, event: 4)[11] == 0xb80d_9be2_a1ed_1123)
    }

    @Test("the pool begins and ends with the known letters")
    func pool() {
        #expect(text(TextSlice(offset: 0, length: 32)) == "rvzcioiwjpkfdmbwfcwhzsfeienovdzt")
        #expect(text(TextSlice(offset: 65_520, length: 16)) == "weudpikalmgqnmly")
    }

    @Test("every name is a first and a last name with a space between")
    func names() {
        #expect(text(TextPool.shared.name(first: 0, last: 0)) == "Peter Shultz")
        #expect(text(TextPool.shared.name(first: 6, last: 5)) == "Kate Walton")
        #expect(text(TextPool.shared.name(first: 10, last: 8)) == "Walter Noris")
    }

    @Test("the first person, auction and bid are the known ones")
    func events() {
        let person = event(0).person
        #expect(event(0).kind == .person)
        #expect(person.id == 1000 && person.city == 3 && person.state == 1 && person.time.milliseconds == PNX1.start)
        #expect(text(person.name) == "Kate Walton")
        #expect(person.extra.length == 154)

        let auction = event(1).auction
        #expect(event(1).kind == .auction)
        #expect(auction.id == 1000 && auction.seller == 1000 && auction.category == 11)
        #expect(auction.initialBid == 75_902 && auction.reserve == 77_343 && auction.extra.length == 410)
        #expect(auction.time.milliseconds == PNX1.start && auction.expires.milliseconds == PNX1.start + 17)

        let bid = event(4).bid
        #expect(event(4).kind == .bid)
        #expect(bid.auction == 1000 && bid.bidder == 1001 && bid.price == 55_032_500)
        #expect(bid.time.milliseconds == PNX1.start)
        #expect(text(bid.extra) == "ipgxzsytwuzelagtsfpxqbqrsobzrsgmpnssjirggvjhclxcedpmzvmu")
    }

    @Test("event 199,999 is the known bid, reached without those before it")
    func lateEvent() {
        let bid = event(199_999).bid
        #expect(bid.auction == 12_952 && bid.bidder == 4901 && bid.price == 101)
        #expect(bid.time.milliseconds == 1_700_000_019_999)
        #expect(text(bid.extra) == "hwehkmyyxgytqzqgyqdkzbdiykgwqaiuktywqznypeupvzddoebhpssbf")
    }

    @Test("keyed events are the known ones")
    func keyedEvents() {
        let first = KeyedEvent(seed: 7, event: 0)
        #expect(first.key == 549_374 && first.value == 604 && first.time.milliseconds == PNX1.start)
        let last = KeyedEvent(seed: 7, event: 199_999)
        #expect(last.key == 362_524 && last.value == 483 && last.time.milliseconds == 1_700_000_001_999)
    }

    @Test("delays and kinds are as many as the other implementation counts", .timeLimit(.minutes(10)))
    func counts() {
        // Counts of expected-dev.json for seed 7 and 200,000 events.
        var (bids, auctions, persons, delayed) = (0, 0, 0, 0)
        for n in 0..<200_000 {
            let event = event(n)
            switch event.kind {
            case .bid: bids += 1
            case .auction: auctions += 1
            case .person: persons += 1
            }
            if event.time.milliseconds != PNX1.start + Int64(n / 10) { delayed += 1 }
        }
        #expect((bids, auctions, persons, delayed) == (184_000, 12_000, 4000, 19_905))
    }

    @Test("the partitions of a source share its events out", arguments: [1, 2, 3, 4])
    func partitions(count: Int) {
        var seen: [UInt64] = []
        for partition in 0..<count {
            var range = PartitionRange(events: 1001, partition: partition, of: count)
            while !range.isEmpty {
                let (first, number) = range.take(7)
                seen += (0..<number).map { first + UInt64($0 * count) }
            }
        }
        #expect(seen.sorted() == Array(0..<1001))
    }

    private func event(_ n: UInt64) -> NexmarkEvent { NexmarkEvent(seed: 7, event: n, text: .shared) }

    private func event(_ n: Int) -> NexmarkEvent { event(UInt64(n)) }

    private func text(_ slice: TextSlice) -> String {
        String(decoding: TextPool.shared.bytes(of: slice), as: UTF8.self)
    }
}
