internal import Foundation
internal import PenstockEngine
internal import PenstockEvents

/// The figures of a run as one line of JSON. Times are nanoseconds; an instant that is infinite is left out.
struct StatsObject: Encodable {
    private let elapsedSeconds: Double
    private let isOver: Bool
    private let stages: [Stage]
    private let edges: [Edge]
    private let checkpoints: Checkpoints?

    private struct Stage: Encodable {
        let index: Int
        let label: String
        let watermarkNs: Int64?
        let lagNs: Int64?
        let held: Hold?
        let instances: [Instance]
        let operators: [Operator]
        let partitions: [Partition]
    }

    private struct Hold: Encodable {
        let source: String
        let partition: Int
        let reason: String
        let text: String
    }

    private struct Instance: Encodable {
        let number, eventsIn, bytesIn, eventsOut, bytesOut: Int
        let busyNs, blockedNs, idleNs: Int64
        let watermarkNs: Int64?
    }

    private struct Operator: Encodable {
        let name: String
        let lateEvents, lateWindows, outsideEvents, rememberedEvents, askedEvents: Int
        let lateByPartition: [String: Int]
        let stateKeys, stateEvents, stateBytes, spilledBytes, openWindows: Int
        let firstEndNs: Int64?
    }

    private struct Partition: Encodable {
        let source: String
        let partition, events, bytes, futureEvents: Int
        let watermarkNs, latestNs: Int64?
        let pausedNs, heldNs: Int64
        let now: String
    }

    private struct Edge: Encodable {
        let from, to: String
        let queued: Int
        let fill: Double
        let events, bytes, dropped: Int
        let blockedNs: Int64
    }

    private struct Checkpoints: Encodable {
        let kept, abandoned, lastBytes, totalBytes: Int
        let lastEpoch: UInt64?
        let lastNs, longestNs: Int64
    }

    init(_ figures: RunFigures) {
        elapsedSeconds = figures.elapsed / .seconds(1)
        isOver = figures.isOver
        stages = figures.stages.map { stage in
            Stage(
                index: stage.index, label: stage.label, watermarkNs: stage.watermark.finite,
                lagNs: stage.lag?.nanoseconds,
                held: stage.hold.map {
                    Hold(
                        source: "\($0.partition.stage)", partition: $0.partition.partition, reason: $0.reason.label,
                        text: $0.reason.text)
                },
                instances: stage.instances.map {
                    Instance(
                        number: $0.number, eventsIn: $0.eventsIn, bytesIn: $0.bytesIn, eventsOut: $0.eventsOut,
                        bytesOut: $0.bytesOut, busyNs: $0.busy.nanoseconds, blockedNs: $0.blocked.nanoseconds,
                        idleNs: $0.idle.nanoseconds, watermarkNs: $0.watermark.finite)
                }, operators: stage.operators.map(Self.object), partitions: stage.partitions.map(Self.object))
        }
        edges = figures.edges.map {
            Edge(
                from: "\($0.from)", to: "\($0.to)", queued: $0.queued, fill: $0.fill, events: $0.events,
                bytes: $0.bytes,
                dropped: $0.dropped, blockedNs: $0.blocked.nanoseconds)
        }
        checkpoints = figures.checkpoints.map {
            Checkpoints(
                kept: $0.kept, abandoned: $0.abandoned, lastBytes: $0.lastBytes, totalBytes: $0.totalBytes,
                lastEpoch: $0.lastEpoch, lastNs: $0.lastDuration.nanoseconds, longestNs: $0.longestDuration.nanoseconds)
        }
    }

    /// The line.
    var line: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("figures that JSON cannot hold") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func object(_ step: OperatorFigures) -> Operator {
        Operator(
            name: "\(step.name)", lateEvents: step.statistics.lateEvents, lateWindows: step.statistics.lateWindows,
            outsideEvents: step.statistics.outsideEvents, rememberedEvents: step.statistics.rememberedEvents,
            askedEvents: step.statistics.askedEvents,
            lateByPartition: Dictionary(
                step.lateByPartition.map { ("\($0.key.stage) \($0.key.partition)", $0.value) }
            ) { $0 + $1 },
            stateKeys: step.stateKeys, stateEvents: step.stateEvents, stateBytes: step.stateBytes,
            spilledBytes: step.spilledBytes, openWindows: step.openWindows, firstEndNs: step.firstEnd?.finite)
    }

    private static func object(_ partition: PartitionFigures) -> Partition {
        Partition(
            source: "\(partition.name.stage)", partition: partition.name.partition, events: partition.events,
            bytes: partition.bytes, futureEvents: partition.futureEvents, watermarkNs: partition.watermark.finite,
            latestNs: partition.latest?.finite, pausedNs: partition.paused.nanoseconds,
            heldNs: partition.held.nanoseconds, now: partition.reading.text)
    }
}

extension Timestamp {
    /// The nanoseconds since 1970; nil for an infinite instant.
    fileprivate var finite: Int64? { self > .distantPast && self < .distantFuture ? nanoseconds : nil }
}
