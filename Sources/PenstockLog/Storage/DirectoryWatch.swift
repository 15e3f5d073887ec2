/// Tells of files of one directory that are written to, made, renamed or removed. It watches until the last reference goes.
public protocol DirectoryWatch: AnyObject, Sendable {
    /// How many changes were seen; several may count as one.
    var changes: UInt64 { get }
    /// Suspends until there were more changes than `seen`, the time is over, or the task is cancelled.
    func wait(beyond seen: UInt64, atMost duration: Duration) async
}
