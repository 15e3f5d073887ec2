internal import Foundation
internal import TOMLKit

/// What a site wants of every job: written once, in TOML, and shared by those who work there.
///
/// ```toml
/// scheduler = "slurm"
/// queue = "regular"
/// account = "m1234"
/// constraint = "cpu"
/// cores = 64
/// memory = "200GiB"
/// max_walltime = "24h"
/// launcher = "srun"
/// scratch = "/pscratch/sd/u/user"
/// modules = ["cray-libfabric"]
/// prelude = ["ulimit -c 0"]
/// container = ["apptainer", "exec", "penstock.sif"]
///
/// [environment]
/// FI_PROVIDER = "cxi"
///
/// [directives]
/// "slurm.qos" = "regular"
/// ```
public struct SiteProfile: Codable, Sendable, Hashable {
    /// Where jobs are queued.
    public var scheduler: SchedulerName?
    /// The queue or partition of jobs that name none.
    public var queue: String?
    /// The account that pays for jobs that name none.
    public var account: String?
    /// The reservation of jobs that name none.
    public var reservation: String?
    /// What nodes must have, for jobs that do not say.
    public var constraint: String?
    /// Cores of a node, where the job does not say.
    public var cores: Int?
    /// Memory of a node, where the job does not say.
    public var memory: ByteCount?
    /// Whether jobs have nodes for themselves.
    public var exclusive: Bool?
    /// The walltime of jobs that name none.
    public var walltime: Walltime?
    /// The longest walltime that the site allows.
    public var maxWalltime: Walltime?
    /// How processes are started on nodes.
    public var launcher: Launcher?
    /// A folder for temporary files, which jobs see as `TMPDIR`.
    public var scratch: String?
    /// The folder of each node that programs are copied to before they start.
    public var stage: String?
    /// The version of the C library on the nodes, such as `2.31`.
    public var glibc: GlibcVersion?
    /// Modules that are loaded.
    public var modules: [String]?
    /// Lines of shell behind that.
    public var prelude: [String]?
    /// Words before the program.
    public var container: [String]?
    /// Variables of jobs.
    public var environment: [String: String]?
    /// Directives that are passed through.
    public var directives: [String: String]?

    /// A profile that says nothing.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case scheduler, queue, account, reservation, constraint, cores, memory, exclusive, walltime, launcher, scratch
        case stage, glibc, modules, prelude, container, environment, directives
        case maxWalltime = "max_walltime"
    }

    /// Reads a profile.
    /// - Parameter file: Where the text is from, for messages.
    /// - Throws: `BatchError.wrongSite` that names the line or the key.
    public init(toml text: String, file: String) throws(BatchError) {
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw BatchError(
                .wrongSite, "\(file), line \(error.source.begin.line): \(error.description)",
                hint: "site profiles are written in TOML (https://toml.io)")
        } catch {
            throw BatchError(.wrongSite, "\(file) cannot be read: \(error)")
        }
        let known = CodingKeys.allCases.map(\.rawValue)
        if let unknown = table.keys.sorted().first(where: { !known.contains($0) }) {
            throw BatchError(
                .wrongSite, "\(file): \(unknown) is nothing that a site profile says",
                hint: "it says \(known.sorted().joined(separator: ", "))")
        }
        do { self = try TOMLDecoder().decode(SiteProfile.self, from: table) } catch {
            throw BatchError(
                .wrongSite, "\(file): \(error.jsonReason)", hint: "docs/site-profiles.md tells what a profile says")
        }
    }
}

/// The places where site profiles are looked for.
public struct SiteProfiles: Sendable {
    /// The folders, the nearest first.
    public let folders: [String]

    /// `sites` in this folder and those above it up to the package's, `penstock/sites` in the user's configuration, `/etc/penstock/sites`.
    public init(from folder: String, environment: [String: String]) {
        var folders: [String] = []
        var above = URL(fileURLWithPath: folder).standardizedFileURL
        while true {
            folders.append(above.appendingPathComponent("sites").path)
            let isPackage = FileManager.default.fileExists(atPath: above.appendingPathComponent("Package.swift").path)
            if isPackage || above.path == "/" { break }
            above.deleteLastPathComponent()
        }
        let home = environment["HOME"].map { "\($0)/.config" }
        if let configuration = environment["XDG_CONFIG_HOME"] ?? home {
            folders.append("\(configuration)/penstock/sites")
        }
        self.folders = folders + ["/etc/penstock/sites"]
    }

    /// The profile of a name, or of a path that ends in `.toml`.
    /// - Throws: `BatchError.wrongSite` where there is none, or it is wrong.
    public func profile(_ name: String) throws(BatchError) -> SiteProfile {
        let paths = name.hasSuffix(".toml") ? [name] : folders.map { "\($0)/\(name).toml" }
        for path in paths {
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            return try SiteProfile(toml: String(decoding: data, as: UTF8.self), file: path)
        }
        guard !name.hasSuffix(".toml") else { throw BatchError(.wrongSite, "there is no file \(name)") }
        let names = Set(folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] })
            .filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }.sorted()
        throw BatchError(
            .wrongSite, "there is no site profile \"\(name)\" in \(folders.joined(separator: ", "))",
            hint: names.isEmpty
                ? "write \(name).toml into one of them; docs/site-profiles.md has an example"
                : "there are \(names.joined(separator: ", "))")
    }
}
