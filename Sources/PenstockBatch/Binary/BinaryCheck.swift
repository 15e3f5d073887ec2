/// Whether a program can run on a machine: told before it waits in a queue, and again on the node before it starts.
public struct BinaryCheck: Sendable, Hashable {
    /// Where the documentation says what to do.
    static let guide = "docs/one-file.md"

    /// What the program needs.
    public let facts: BinaryFacts

    /// A check of a program with these needs.
    public init(_ facts: BinaryFacts) { self.facts = facts }

    /// Compares what the program needs with a machine of which these are known; nil stands for what is not.
    ///
    /// Which shared libraries a node has is known only there: see ``preflight(binary:)``.
    /// - Throws: `otherProcessor`, `olderGlibc`.
    public func compare(architecture: ProcessorArchitecture?, glibc: GlibcVersion?) throws(BinaryError) {
        if let architecture, architecture != facts.architecture {
            throw .otherProcessor(path: facts.path, needed: facts.architecture, present: architecture)
        }
        if let glibc, let needed = facts.neededGlibc, glibc < needed {
            throw .olderGlibc(path: facts.path, needed: needed, present: glibc)
        }
    }

    /// Compares what the program needs with this machine.
    /// - Throws: `otherProcessor`, `olderGlibc`.
    public func compareHere() throws(BinaryError) {
        try compare(architecture: .here, glibc: .here)
    }
}
