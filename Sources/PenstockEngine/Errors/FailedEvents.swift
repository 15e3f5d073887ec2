internal import PenstockEvents

/// The events that an operator of one instance cannot handle, and what becomes of them by the policy of its stage.
///
/// Only whoever has failed asks here, so a stage in which nothing fails pays nothing. Belongs to one stage actor and is used on its thread
/// only.
final class FailedEvents {
    let stage: StageName
    private let policy: ErrorPolicy
    private let sources: EventSources
    /// The stage as an origin, for what it fails to make of its own rows.
    private let origin: Origin
    /// How many events and rows were left out.
    private(set) var count = 0
    private var letters: [Batch] = []
    /// Whether somebody reads the letters.
    var isRead = false

    init(
        _ stage: StageName, _ policy: ErrorPolicy = .fail, origin: Origin = Origin(stage: 0, partition: 0),
        _ sources: EventSources = EventSources()
    ) {
        self.stage = stage
        self.policy = policy
        self.origin = origin
        self.sources = sources
    }

    /// Whether some stage of the run goes on behind single events, which have to be found again.
    var keepsSources: Bool { sources.areKept }

    /// Whether the stage goes on behind what failed.
    var goesOn: Bool { policy != .fail }

    /// The next letter, or nil when there is none.
    func takeLetter() -> Batch? { letters.isEmpty ? nil : letters.removeFirst() }

    // MARK: Events

    /// An event of a batch has failed. Its letter has its own place among the events.
    /// - Throws: `EngineError` that names it, where the run is to end.
    func refuse(_ batch: Batch, row: Int, _ error: any Error) throws {
        let mark = batch.behind.first { Int($0.row) == row }
        try refuse(batch, row: row, effectiveTime: batch.effectiveTime(row, mark), error)
    }

    /// An event of a batch has failed whose turn was at `effectiveTime`.
    /// - Throws: as above.
    func refuse(_ batch: Batch, row: Int, effectiveTime: Int64, _ error: any Error) throws {
        let source = batch.sourcePlace(row)
        let place = EventPlace(
            nanoseconds: batch.times.values[row], effectiveNanoseconds: effectiveTime, origin: source.origin,
            sequence: source.sequence)
        guard goesOn else { throw failure(at: place, error) }
        count += 1
        guard isRead else { return }
        let element = batch.values.element
        let letter = letter(at: place, error, element, batch.values.base + row * element.stride)
        var keys: KeyColumn?
        if let column = batch.keys {
            let hashes = Column<UInt64>(capacity: 1)
            hashes.values[0] = column.hashes.values[row]
            var arena = column.arena == nil ? nil : KeyArena(rowCount: 1)
            column.arena?.withKey(row) { arena?.append($0, row: 0) }
            keys = KeyColumn(hashes: hashes, arena: arena)
        }
        put(letter, place, keys)
    }

    /// An event that is no longer in its batch has failed, when the stage had come to `effectiveTime`; `value` is what is left of it.
    /// - Throws: as above.
    func refuse(
        _ place: EventPlace, _ value: UnsafeRawPointer?, _ element: ValueType?, effectiveTime: Int64? = nil,
        _ error: any Error
    ) throws {
        guard goesOn else { throw failure(at: place, error) }
        count += 1
        guard isRead else { return }
        var at = place
        if let effectiveTime {
            at = EventPlace(
                nanoseconds: place.nanoseconds, effectiveNanoseconds: effectiveTime, origin: place.origin,
                sequence: place.sequence)
        }
        put(letter(at: place, error, element, value), at, nil)
    }

    /// A record that could not be read has failed, whose bytes are all there is of it. `effectiveTime` is its turn in its partition.
    /// - Throws: as above.
    func refuse(_ place: EventPlace, type: String, bytes: [UInt8], _ error: any Error) throws {
        guard goesOn else { throw failure(at: place, error) }
        count += 1
        guard isRead else { return }
        let source = sources.source(place.origin, place.sequence)
        let letter = DeadLetter(
            stage: stage, error: error, source: source, time: place.nanoseconds, type: type, bytes: bytes)
        put(letter, place, nil)
    }

    /// What the run ends with.
    func failure(at place: EventPlace, _ error: any Error) -> EngineError {
        .stageFailed(
            stage: stage, sequence: place.sequence, time: place.time, error,
            source: sources.knownSource(place.origin, place.sequence))
    }

    // MARK: Rows

    /// A row that the stage should have made.
    struct Row {
        let code: UInt64
        /// The bytes of a key longer than 64 bits.
        var key: [UInt8]?
        /// Whether the row has a key at all.
        var isKeyed = true
        let window: WindowSpan?
        let time: Int64
        /// When time has come so far that the stage gives the row.
        var effectiveTime: Int64
        /// An event of the row, where one is to be named.
        var event: (place: EventPlace, value: UnsafeRawPointer, element: ValueType)?
    }

    /// The stage could not make a row. Call it only where the stage goes on: what a run ends with the caller knows better.
    func leaveOut(_ row: Row, _ error: any Error) {
        count += 1
        guard isRead else { return }
        let source = row.event.map { sources.source($0.place.origin, $0.place.sequence) }
        let key = !row.isKeyed ? [] : row.key ?? withUnsafeBytes(of: SplitMix64.unmix(row.code).bigEndian) { Array($0) }
        let letter = DeadLetter(
            stage: stage, error: error, source: source ?? sources.source(origin, 0), time: row.time,
            window: row.window, key: key, type: row.event?.element.name ?? "",
            bytes: row.event.map { bytes(of: $0.value, $0.element) } ?? [])
        var keys: KeyColumn?
        if row.isKeyed {
            let hashes = Column<UInt64>(capacity: 1)
            hashes.values[0] = row.code
            var arena: KeyArena?
            row.key?.withUnsafeBytes { bytes in
                hashes.values[0] = XXHash64.hash(bytes)
                var column = KeyArena(rowCount: 1)
                column.append(bytes, row: 0)
                arena = column
            }
            keys = KeyColumn(hashes: hashes, arena: arena)
        }
        // The letters of several instances have one order, as the rows would have: by time and key, and those of one key as they come.
        let place = EventPlace(
            nanoseconds: row.time, effectiveNanoseconds: row.effectiveTime,
            origin: row.isKeyed ? Origin(keyedStage: origin.stage) : origin, sequence: UInt64(count))
        put(letter, place, keys, isRow: true)
    }

    // MARK: Letters

    private func letter(
        at place: EventPlace, _ error: any Error, _ element: ValueType?, _ value: UnsafeRawPointer?
    ) -> DeadLetter {
        DeadLetter(
            stage: stage, error: error, source: sources.source(place.origin, place.sequence), time: place.nanoseconds,
            type: value == nil ? "" : element?.name ?? "", bytes: bytes(of: value, element))
    }

    /// The event as a checkpoint has it; nothing where its type cannot be written.
    private func bytes(of value: UnsafeRawPointer?, _ element: ValueType?) -> [UInt8] {
        guard let value, let coding = element?.coding else { return [] }
        var encoder = StateEncoder()
        do { try coding.write(value, &encoder) } catch { return [] }
        return encoder.bytes
    }

    private func put(_ letter: DeadLetter, _ place: EventPlace, _ keys: KeyColumn?, isRow: Bool = false) {
        // A time that no event may have is told in the letter; the letter itself has its turn as its time.
        let time = Timestamp(nanoseconds: place.nanoseconds).isUsable ? place.nanoseconds : place.effectiveNanoseconds
        var builder = ColumnBuilder<DeadLetter>(capacity: 1)
        builder.append(letter, time: time)
        let (values, times, count) = builder.take(capacity: 1)
        let behind =
            place.effectiveNanoseconds > time
            ? [BehindMark(row: 0, watermark: Timestamp(nanoseconds: place.effectiveNanoseconds - 1))] : []
        var batch = Batch(
            origin: place.origin, baseSequence: place.sequence, rowCount: count, times: times, values: values,
            keys: keys, behind: behind, watermark: .distantPast)
        if isRow { batch.placeKeys = keys }
        letters.append(batch)
    }
}
