import Foundation
import Penstock
import PenstockEvents
import PenstockFormats
import TestSupport
import Testing

@testable import PenstockEngine
@testable import PenstockTomography

/// Sinks that are left at a checkpoint and opened again by another writer, as a process does that takes the place of a killed one.
@Suite struct SinkRestartTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder.inMemory() }

    private static let windows = 5
    private static let start = ControlRecord.scanStart(ScanStart(scan: ScanID(1), properties: ["sha256": "c0ffee"]))

    private static func slices(of window: Int) -> [ReconstructedSlice] {
        (0..<3).map { number in
            ReconstructedSlice(
                scan: ScanID(1), window: window, projections: 10, isComplete: window > 0,
                isLast: window == windows - 1, anglesDegrees: Double(window) / 3...180.1, slice: number,
                row: number + 4, sliceCount: 3, size: 8, pixels: Payload((0..<64).map { Float($0 * number + window) }))
        }
    }

    private static func planes(of window: Int) -> [ReconstructedPlane] {
        [2, 5].map { position in
            ReconstructedPlane(
                scan: ScanID(1), window: window, projections: 10, isComplete: true, plane: OrthoPlane(.x, at: position),
                columns: 8, pixels: Payload((0..<64).map { Float($0 * position + window) }))
        }
    }

    /// Sinks of slices, by the name of what they write.
    private func sinks(in name: String) -> [any Sink<ReconstructedSlice>] {
        [
            DataExchangeVolume(folder("\(name)/volume.h5")), ZarrVolume(folder("\(name)/volume.zarr")),
            TIFFSlices(folder("\(name)/slices")), VolumeSeries(folder("\(name)/series")),
            VolumeSeries(folder("\(name)/zarr-series"), format: .zarr(.v3, .gzip)),
            Preview(folder("\(name)/pictures")),
        ]
    }

    private func context(overwrite: Bool = false) -> SinkContext {
        SinkContext(
            stage: StageName(flow: "test", stage: "sink"), overwrite: overwrite, report: { _ in }, count: { _, _ in })
    }

    private func events<Value: Sendable>(_ values: [Value]) -> Events<Value> {
        var builder = ColumnBuilder<Value>(capacity: values.count)
        for value in values { builder.append(value, time: 0) }
        let (values, times, count) = builder.take(capacity: 1)
        return Events(
            Batch(
                origin: Origin(stage: 0, partition: 0), baseSequence: 0, rowCount: count, times: times, values: values,
                watermark: .distantPast))
    }

    private func write<Value: Sendable>(
        _ windows: Range<Int>, of slices: (Int) -> [Value], to writer: inout any SinkWriter<Value>
    ) throws {
        for window in windows {
            // As they come from the threads of a stage.
            for slice in slices(window) { try writer.write(events([slice])) }
        }
    }

    /// Writes all windows at one go, into a folder.
    private func writeWhole<Value: Sendable>(_ sink: some Sink<Value>, _ slices: (Int) -> [Value]) throws {
        try sink.check(context())
        var writer = try sink.open(context())
        try writer.control(Self.start)
        try write(0..<Self.windows, of: slices, to: &writer)
        try writer.finish()
    }

    /// Writes all windows with a checkpoint behind the first `kept`; what comes behind it is lost with the writer, in the middle of a window.
    private func writeBroken<Value: Sendable>(_ sink: some Sink<Value>, kept: Int, _ slices: (Int) -> [Value]) throws {
        try sink.check(context())
        var writer = try sink.open(context())
        try writer.control(Self.start)
        try write(0..<kept, of: slices, to: &writer)
        for lost in [kept, kept + 1] {
            let state = try #require(try writer.checkpoint())
            for window in kept..<min(lost + 1, Self.windows) {
                let part = slices(window).dropLast(window == lost ? 1 : 0)
                try writer.write(events(Array(part)))
            }
            writer.suspend()
            writer = try sink.reopen(context(), from: state)
        }
        try write(kept..<Self.windows, of: slices, to: &writer)
        try writer.finish()
    }

    private func files(in name: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder(name)) {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder("\(name)/\(path)"), isDirectory: &isFolder)
            files[path] = isFolder.boolValue ? Data() : try folder.data("\(name)/\(path)")
        }
        return files
    }

    private func make(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: false)
    }

    @Test("a sink that goes on behind any window leaves the files of one that was never disturbed", arguments: 0...5)
    func anyWindow(kept: Int) throws {
        try make("whole")
        try make("broken")
        for sink in sinks(in: "whole") { try writeWhole(sink, Self.slices) }
        try writeWhole(PlanePictures(folder("whole/pictures")), Self.planes)
        for sink in sinks(in: "broken") { try writeBroken(sink, kept: kept, Self.slices) }
        try writeBroken(PlanePictures(folder("broken/pictures")), kept: kept, Self.planes)
        let (whole, broken) = (try files(in: "whole"), try files(in: "broken"))
        #expect(whole.keys.sorted() == broken.keys.sorted())
        #expect(whole.filter { broken[$0.key] != $0.value }.keys.sorted() == [])
        #expect(whole.keys.contains("pictures/windows.png") && whole.keys.contains("series/window_00004.h5"))
    }

    @Test("a process that ends while its sinks come to their end can be taken up there, where output may be replaced")
    func finishing() throws {
        try make("whole")
        try make("broken")
        for sink in sinks(in: "whole") { try writeWhole(sink, Self.slices) }
        for sink in sinks(in: "broken") {
            try sink.check(context())
            var writer = try sink.open(context())
            try writer.control(Self.start)
            try write(0..<Self.windows, of: Self.slices, to: &writer)
            let state = try #require(try writer.checkpoint())
            try writer.finish()
            if !(sink is Preview) {
                let failure = #expect(throws: FormatError.self) { _ = try sink.reopen(context(), from: state) }
                #expect(failure?.code == .exists)
            }
            writer = try sink.reopen(context(overwrite: true), from: state)
            try writer.finish()
        }
        #expect(try files(in: "broken") == files(in: "whole"))
    }

    @Test("what a checkpoint refers to has to be there still")
    func gone() throws {
        try make("broken")
        for sink in sinks(in: "broken") {
            try sink.check(context())
            var writer = try sink.open(context())
            try write(0..<Self.windows, of: Self.slices, to: &writer)
            let state = try #require(try writer.checkpoint())
            writer.suspend()
            for name in folder.names(in: "broken") { try folder.remove("broken/\(name)") }
            let failure = #expect(throws: FormatError.self) { _ = try sink.reopen(context(), from: state) }
            #expect(failure?.code == .notFound && failure?.hint != nil, "\(sink.summary)")
            for name in folder.names(in: "broken") { try folder.remove("broken/\(name)") }
        }
    }

    @Test("a volume that a barrier cuts in two cannot be gone on from")
    func cut() throws {
        try make("broken")
        for sink in sinks(in: "broken") where sink is DataExchangeVolume || sink is ZarrVolume || sink is VolumeSeries {
            var writer = try sink.open(context())
            try writer.write(events(Array(Self.slices(of: Self.windows - 1).dropLast())))
            #expect(try writer.checkpoint() == nil)
            writer.abandon()
        }
        #expect(folder.names(in: "broken") == [])
    }

    @Test("a volume is that of the last scan, wherever barriers stand")
    func twoScans() throws {
        func second(_ window: Int) -> [ReconstructedSlice] {
            Self.slices(of: window).map { slice in
                var slice = slice
                slice.scan = ScanID(2)
                slice.pixels = Payload(slice.pixels.floats.map { $0 + 1 })
                return slice
            }
        }
        let last = Self.windows - 1..<Self.windows
        let start = ControlRecord.scanStart(ScanStart(scan: ScanID(2), properties: ["sha256": "beef"]))
        for (name, hasFirst, hasBarrier) in [("one", false, false), ("two", true, false), ("cut", true, true)] {
            try make(name)
            for sink in sinks(in: name).prefix(2) {
                var writer = try sink.open(context())
                if hasFirst {
                    try writer.control(Self.start)
                    try write(last, of: Self.slices, to: &writer)
                }
                if hasBarrier { #expect(try writer.checkpoint() != nil) }
                try writer.control(start)
                try write(last, of: second, to: &writer)
                try writer.finish()
            }
        }
        let expected = try files(in: "one")
        #expect(try files(in: "two") == expected)
        #expect(try files(in: "cut") == expected)
    }
}
