internal import Foundation
internal import PenstockEvents
internal import PenstockSecurity

/// What `penstock doctor` finds out about the system.
enum SystemCheck {
    private static let descriptorsWanted: UInt = 4096

    static func findings() -> [Finding] {
        let process = ProcessInfo.processInfo
        var system = utsname()
        uname(&system)
        let kernel = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let memory = ByteCount.text(Int(clamping: process.physicalMemory))
        return [
            Finding(.good, "penstock", PenstockVersion.current),
            Finding(
                .good, "system",
                "\(process.operatingSystemVersionString), kernel \(kernel), \(process.activeProcessorCount) processors, \(memory)"
            ),
            descriptors(), lockedMemory(),
        ]
    }

    /// Whether clients of one cluster can be known by munge.
    static func munge() -> Finding {
        do throws(SecurityError) {
            _ = try MungePrograms()
            return Finding(.good, "munge", "is installed")
        } catch {
            return Finding(.note, "munge", error.summary, hint: error.hint)
        }
    }

    private static func descriptors() -> Finding {
        let limit = limit(of: RLIMIT_NOFILE)
        let enough = limit >= descriptorsWanted
        return Finding(
            enough ? .good : .note, "open files", "at most \(text(limit))",
            hint: enough
                ? nil : "a broker with many partitions and clients needs more: ulimit -n \(descriptorsWanted * 16)")
    }

    private static func lockedMemory() -> Finding {
        let limit = limit(of: __RLIMIT_MEMLOCK)
        let enough = limit >= 1 << 30
        return Finding(
            enough ? .good : .note, "locked memory",
            "at most \(limit == UInt.max ? "unlimited" : ByteCount.text(Int(clamping: limit)))",
            hint: enough
                ? nil : "fabrics with hardware pin memory: ulimit -l unlimited, or a line in /etc/security/limits.conf")
    }

    private static func limit(of resource: __rlimit_resource) -> UInt {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(resource.rawValue), &limits) == 0 ? limits.rlim_cur : 0
    }

    private static func text(_ limit: UInt) -> String { limit == UInt.max ? "unlimited" : "\(limit)" }
}
