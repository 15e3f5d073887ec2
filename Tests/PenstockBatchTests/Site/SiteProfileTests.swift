import Foundation
import PenstockBatch
import TestSupport
import Testing

@Suite struct SiteProfileTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private let text = """
        scheduler = "slurm"
        queue = "regular"
        account = "m1234"
        cores = 64
        memory = "200GiB"
        walltime = "2h"
        max_walltime = "24:00:00"
        launcher = "srun"
        modules = ["cray-libfabric"]
        prelude = ["ulimit -c 0"]
        [environment]
        FI_PROVIDER = "cxi"
        [directives]
        "slurm.qos" = "regular"
        """

    @Test("a profile is what its file says")
    func reads() throws {
        let profile = try SiteProfile(toml: text, file: "a.toml")
        #expect(profile.scheduler == .slurm && profile.queue == "regular" && profile.account == "m1234")
        #expect(profile.cores == 64 && profile.memory == ByteCount("200GiB") && profile.walltime?.seconds == 7200)
        #expect(profile.maxWalltime?.seconds == 86_400 && profile.launcher == .srun)
        #expect(profile.modules == ["cray-libfabric"] && profile.prelude == ["ulimit -c 0"])
        #expect(profile.environment == ["FI_PROVIDER": "cxi"] && profile.directives == ["slurm.qos": "regular"])
        #expect(profile.constraint == nil)
    }

    @Test(
        "mistakes are named with their place",
        arguments: [
            ("queue = \"a\"\nqueu = \"b\"", "queu is nothing that a site profile says"),
            ("queue = ", "line 1"), ("a = 1\n\n[b", "line 3"), ("cores = \"many\"", "cores"),
            ("walltime = \"soon\"", "\"soon\" is no walltime"), ("scheduler = \"cron\"", "scheduler"),
        ])
    func mistakes(_ text: String, _ words: String) {
        let error = #expect(throws: BatchError.self) { try SiteProfile(toml: text, file: "my.toml") }
        #expect(error?.code == .wrongSite)
        #expect(error?.summary.hasPrefix("my.toml") ?? false)
        #expect(error?.summary.contains(words) ?? false, "\(error?.summary ?? "")")
    }

    @Test("profiles are looked for in the package, then in the user's configuration")
    func places() throws {
        for path in ["package/deep/er", "package/sites", "home/.config/penstock/sites"] {
            try FileManager.default.createDirectory(atPath: folder(path), withIntermediateDirectories: true)
        }
        try folder.write("", to: "package/Package.swift")
        try folder.write("queue = \"user\"", to: "home/.config/penstock/sites/here.toml")
        try folder.write("queue = \"other\"", to: "home/.config/penstock/sites/other.toml")
        let profiles = SiteProfiles(from: folder("package/deep/er"), environment: ["HOME": folder("home")])
        #expect(try profiles.profile("here").queue == "user")
        try folder.write("queue = \"package\"", to: "package/sites/here.toml")
        #expect(try profiles.profile("here").queue == "package")
        #expect(try profiles.profile("other").queue == "other")
        #expect(try profiles.profile(folder("package/sites/here.toml")).queue == "package")
        let error = #expect(throws: BatchError.self) { try profiles.profile("there") }
        #expect(error?.hint == "there are here, other")
        #expect(profiles.folders.last == "/etc/penstock/sites")
    }
}
