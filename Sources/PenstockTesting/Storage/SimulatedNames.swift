/// The tree of names of a simulated disk. Changes are visible at once and safe when the directory was synced.
struct SimulatedNames {
    static let root = 0

    private struct Directory {
        var visible: [String: Int] = [:]
        var durable: [String: Int] = [:]
    }

    private struct Place {
        let directory: Int
        let name: String
    }

    /// A change of one or two directories, which a power loss keeps as a whole or not at all.
    private struct Change {
        var node: Int
        var from: Place?
        var to: Place?

        func touches(_ directory: Int) -> Bool { from?.directory == directory || to?.directory == directory }
    }

    private var directories = [root: Directory()]
    private var unsynced: [Change] = []
    private var nextNode = 1

    /// The number of what is at `path`, or nil.
    func node(at path: String) -> Int? {
        var node = Self.root
        for name in path.split(separator: "/") {
            guard let next = directories[node]?.visible[String(name)] else { return nil }
            node = next
        }
        return node
    }

    func isDirectory(_ node: Int) -> Bool { directories[node] != nil }

    /// The names in a directory, sorted by their bytes.
    func list(_ directory: Int) -> [String] {
        (directories[directory]?.visible.keys).map { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } } ?? []
    }

    /// Whether the directory above `path` is there.
    func hasParent(_ path: String) -> Bool { place(of: path) != nil }

    /// Makes a file or a directory at `path`, whose parent is there.
    mutating func create(_ path: String, isDirectory: Bool) -> Int {
        defer { nextNode += 1 }
        if isDirectory { directories[nextNode] = Directory() }
        apply(Change(node: nextNode, from: nil, to: place(of: path)))
        return nextNode
    }

    mutating func remove(_ path: String) {
        guard let node = node(at: path) else { return }
        apply(Change(node: node, from: place(of: path), to: nil))
    }

    mutating func rename(_ path: String, to newPath: String) {
        guard let node = node(at: path) else { return }
        apply(Change(node: node, from: place(of: path), to: place(of: newPath)))
    }

    /// Makes what changed in a directory safe, and with it what had become of the same files and directories before: who has moved is not
    /// found in the old place again.
    mutating func sync(_ directory: Int) {
        var moved: Set<Int> = []
        var synced: Set<Int> = []
        for index in unsynced.indices.reversed() {
            let change = unsynced[index]
            guard change.touches(directory) || moved.contains(change.node) else { continue }
            moved.insert(change.node)
            synced.insert(index)
        }
        for index in synced.sorted() { makeDurable(unsynced[index]) }
        unsynced = unsynced.indices.filter { !synced.contains($0) }.map { unsynced[$0] }
    }

    /// Some of the unsynced changes happened, the others not.
    mutating func losePower(_ random: inout SeededRandom) {
        let style = random.below(4)
        let count = random.below(unsynced.count + 1)
        for (index, change) in unsynced.enumerated() {
            let isKept =
                switch style {
                case 0: false
                case 1: true
                case 2: index < count
                default: random.coin()
                }
            if isKept { makeDurable(change) }
        }
        unsynced = []
        for node in directories.keys { directories[node]!.visible = directories[node]!.durable }
    }

    /// The numbers of all files and directories that have a name, or may have one again after a power loss.
    func reachable() -> Set<Int> {
        var nodes = Set(unsynced.map { $0.node })
        for directory in directories.values {
            nodes.formUnion(directory.visible.values)
            nodes.formUnion(directory.durable.values)
        }
        return nodes
    }

    private func place(of path: String) -> Place? {
        let names = path.split(separator: "/")
        guard let last = names.last, let directory = node(at: names.dropLast().joined(separator: "/")),
            isDirectory(directory)
        else { return nil }
        return Place(directory: directory, name: String(last))
    }

    private mutating func apply(_ change: Change) {
        if let from = change.from { directories[from.directory]!.visible[from.name] = nil }
        if let to = change.to { directories[to.directory]!.visible[to.name] = change.node }
        unsynced.append(change)
    }

    private mutating func makeDurable(_ change: Change) {
        if let from = change.from, directories[from.directory]!.durable[from.name] == change.node {
            directories[from.directory]!.durable[from.name] = nil
        }
        if let to = change.to { directories[to.directory]!.durable[to.name] = change.node }
    }
}
