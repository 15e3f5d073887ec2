internal import Foundation
public import Penstock
internal import PenstockEvents
internal import PenstockFormats

/// The structures of a folder as a source: CIF and extended-XYZ files in the natural order of their names, one event a file.
///
/// Files of other kinds, hidden ones and folders below are passed over. A file that cannot be read, or is larger than `bytesMax`, becomes an event
/// that says so. The event time of a file is its number, from 0, in nanoseconds.
public struct StructureFolder: Source {
    /// The largest file that is read, 256 MiB.
    public static let bytesMax = 256 << 20

    private let path: String?

    /// The structures of a folder, or one file. Without a path there is a plan, but a run ends with an error that asks for one; a replay
    /// needs none.
    public init(_ path: String?) { self.path = path }

    /// Files are in order.
    public var disorder: Penstock.Disorder { .ascending }

    /// The name of the folder.
    public var summary: String { "structures in \(path ?? "(not given)")" }

    /// Lists the folder.
    /// - Throws: `ScreeningError` where there is no folder, or no structure in it.
    public func open(_ partition: Int, context: SourceContext) throws -> any SourceReader<StructureFile> {
        guard let path else { throw ScreeningError.noInput }
        return Reader(folder: path, files: try Self.files(in: path), context: context)
    }

    /// A file of the folder, and what its structure is called.
    struct File: Equatable {
        let path: String
        let name: String
        let format: StructureFile.Format
    }

    /// The files with structures in natural order. Names without endings tell structures apart; where two files differ by their endings only, these
    /// stay.
    static func files(in path: String) throws -> [File] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ScreeningError.missingInput(path)
        }
        guard isFolder.boolValue else {
            let name = URL(fileURLWithPath: path).lastPathComponent
            guard let format = StructureFile.Format(fileName: name) else { throw ScreeningError.noStructures(path) }
            return [File(path: path, name: stem(name), format: format)]
        }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw ScreeningError.unreadableInput(path, reason: error.localizedDescription)
        }
        let found = names.filter { !$0.hasPrefix(".") }.sorted(by: NaturalOrder.precedes).compactMap { name in
            StructureFile.Format(fileName: name).map { (name, $0) }
        }
        guard !found.isEmpty else { throw ScreeningError.noStructures(path) }
        let counts = Dictionary(found.map { (stem($0.0), 1) }, uniquingKeysWith: +)
        return found.map { name, format in
            File(path: "\(path)/\(name)", name: counts[stem(name)] == 1 ? stem(name) : name, format: format)
        }
    }

    private static func stem(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// All structures of a folder, or one file, read at once, in the order of the source.
    /// - Throws: `ScreeningError` where there is no folder, or no structure in it. A file that cannot be read says so itself.
    package static func contents(of path: String) throws -> [StructureFile] { try files(in: path).map(event) }

    /// Reads one file after the other.
    private struct Reader: SourceReader {
        let folder: String
        let files: [File]
        let context: SourceContext
        var isStarted = false
        var next = 0

        mutating func read(into batch: inout SourceBatch<StructureFile>) throws -> SourceProgress {
            guard isStarted else {
                isStarted = true
                return .control(
                    .scanStart(
                        ScanStart(
                            scan: context.scan, properties: ["source": folder, "structures": "\(files.count)"])))
            }
            while next < files.count, !batch.isFull, !context.isStopping {
                let event = StructureFolder.event(files[next])
                batch.append(
                    event, time: Timestamp(nanoseconds: Int64(next)), payloadBytes: event.content.count)
                next += 1
            }
            if next < files.count { return context.isStopping ? .end : .more }
            guard next == files.count else { return .end }
            // Behind the last file stands the end of the scan, and behind that nothing.
            next += 1
            return .control(.scanEnd(ScanEnd(scan: context.scan, eventCount: UInt64(files.count))))
        }
    }

    /// The event of a file, whether or not it can be read.
    static func event(_ file: File) -> StructureFile {
        func failed(_ why: String) -> StructureFile {
            StructureFile(name: file.name, format: file.format, content: .empty, failure: why)
        }
        let url = URL(fileURLWithPath: file.path)
        do {
            let values = try url.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
            // What is no file, such as a pipe, might never end.
            guard values.isRegularFile ?? true || isLinkToFile(url) else { return failed("it is not a file") }
            let size = values.fileSize ?? 0
            guard size <= bytesMax else {
                return failed("it has \(size) bytes, more than the \(bytesMax) that are read")
            }
            return StructureFile(name: file.name, format: file.format, bytes: Array(try Data(contentsOf: url)))
        } catch { return failed(error.localizedDescription) }
    }

    private static func isLinkToFile(_ url: URL) -> Bool {
        let target = url.resolvingSymlinksInPath()
        return (try? target.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) ?? false
    }
}
