/// The value of an option `-l`: resources of the job, and the chunks that it is made of.
struct PBSResources {
    /// Equal parts of a job: `2:ncpus=4:mpiprocs=4` of `select`, `2:ppn=4` of `nodes`.
    struct Chunk: Equatable {
        var count = 1
        /// MPI processes in each: 1 where nothing is said (manual page pbs_resources(7B) for mpiprocs, qsub(1B) of Torque for ppn).
        var processes = 1
        var resources: [String] = []
    }

    /// `name=value`, in order.
    let fields: [(name: String, value: String)]
    /// Parts that are no `name=value`.
    let unreadable: [String]
    /// Chunks of `select` or `nodes`; nil where neither is there or one cannot be read.
    let chunks: [Chunk]?

    init(_ value: String) {
        var (fields, unreadable): ([(name: String, value: String)], [String]) = ([], [])
        for field in value.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
                fields.append((parts[0], parts[1]))
            } else {
                unreadable.append(String(field))
            }
        }
        let counts = fields.first { ["select", "nodes"].contains($0.name) }
        self.fields = fields
        self.unreadable = unreadable
        chunks = counts.flatMap { Self.chunks($0.value, processes: $0.name == "select" ? "mpiprocs" : "ppn") }
    }

    /// Nil where one cannot be read.
    static func chunks(_ text: String, processes: String) -> [Chunk]? {
        var chunks: [Chunk] = []
        for part in text.split(separator: "+", omittingEmptySubsequences: false) {
            var (chunk, fields) = (Chunk(), part.split(separator: ":", omittingEmptySubsequences: false)[...])
            if let first = fields.first, let count = Int(first) {
                guard count > 0 else { return nil }
                chunk.count = count
                fields.removeFirst()
            } else if fields.isEmpty || fields.first == "" {
                return nil
            }
            for field in fields {
                let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                // Of `nodes`, properties and names of hosts stand alone.
                guard pair.count == 2 || processes == "ppn", !pair[0].isEmpty, pair.last != "" else { return nil }
                if pair.count == 2, pair[0] == processes {
                    guard let number = Int(pair[1]), number >= 0 else { return nil }
                    chunk.processes = number
                }
                chunk.resources.append(String(field))
            }
            chunks.append(chunk)
        }
        return chunks
    }
}
