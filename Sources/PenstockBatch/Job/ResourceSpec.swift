/// The nodes that a job asks for, and what it needs of each: the terms of PSI/J's ResourceSpecV1.
public struct ResourceSpec: Sendable, Hashable {
    /// Nodes, 1 or more.
    public var nodeCount: Int
    /// Processes on each node, 1 or more.
    public var processesPerNode: Int
    /// Cores of each process, 1 or more.
    public var cpuCoresPerProcess: Int
    /// Graphics processors of each process.
    public var gpuCoresPerProcess: Int
    /// Whether no other job may run on the nodes.
    public var exclusiveNodeUse: Bool
    /// Memory over all nodes; nil for what the site gives.
    public var memory: ByteCount?

    /// Resources: by default one core of one node.
    public init(
        nodeCount: Int = 1, processesPerNode: Int = 1, cpuCoresPerProcess: Int = 1, gpuCoresPerProcess: Int = 0,
        exclusiveNodeUse: Bool = false, memory: ByteCount? = nil
    ) {
        self.nodeCount = nodeCount
        self.processesPerNode = processesPerNode
        self.cpuCoresPerProcess = cpuCoresPerProcess
        self.gpuCoresPerProcess = gpuCoresPerProcess
        self.exclusiveNodeUse = exclusiveNodeUse
        self.memory = memory
    }

    /// Processes on all nodes.
    public var processCount: Int { nodeCount * processesPerNode }

    /// Cores of each node.
    public var coresPerNode: Int { processesPerNode * cpuCoresPerProcess }

    /// Memory of each node, rounded up.
    public var memoryPerNode: ByteCount? { memory?.divided(by: nodeCount) }

    /// What is asked for, in words and numbers.
    public var arithmetic: [String] {
        func plural(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
        let process = processesPerNode == 1 ? "1 process" : "\(processesPerNode) processes"
        var lines = [
            "\(plural(nodeCount, "node")) × \(process) × \(plural(cpuCoresPerProcess, "core")) = "
                + plural(processCount * cpuCoresPerProcess, "core")
        ]
        if gpuCoresPerProcess > 0 { lines.append("\(plural(processCount * gpuCoresPerProcess, "GPU")) in all") }
        if let memory, let each = memoryPerNode {
            lines.append(nodeCount == 1 ? "\(memory) of memory" : "\(memory) of memory = \(nodeCount) × \(each)")
        }
        return lines
    }

    /// - Throws: `BatchError` for what no machine can give.
    public func check() throws(BatchError) {
        for (count, name) in [
            (nodeCount, "nodes"), (processesPerNode, "processes on a node"), (cpuCoresPerProcess, "cores of a process"),
        ] where count < 1 {
            throw BatchError(.wrongJob, "a job cannot have \(count) \(name)", hint: "ask for 1 or more")
        }
        guard gpuCoresPerProcess >= 0 else {
            throw BatchError(.wrongJob, "a process cannot have \(gpuCoresPerProcess) GPUs", hint: "ask for 0 or more")
        }
    }
}

extension ResourceSpec: Codable {
    private enum CodingKeys: String, CodingKey {
        case memory
        case nodeCount = "node_count"
        case processCount = "process_count"
        case processesPerNode = "processes_per_node"
        case cpuCoresPerProcess = "cpu_cores_per_process"
        case gpuCoresPerProcess = "gpu_cores_per_process"
        case exclusiveNodeUse = "exclusive_node_use"
    }

    /// Reads PSI/J's names; what is left out is as `init` has it. Of nodes, processes and processes of a node two are enough.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let processes = try values.decodeIfPresent(Int.self, forKey: .processCount)
        var perNode = try values.decodeIfPresent(Int.self, forKey: .processesPerNode)
        var nodes = try values.decodeIfPresent(Int.self, forKey: .nodeCount)
        if let processes {
            if nodes == nil, let perNode, perNode > 0 { nodes = processes / perNode }
            if perNode == nil { perNode = processes / max(nodes ?? 1, 1) }
            guard (nodes ?? 1) * (perNode ?? 1) == processes else {
                throw DecodingError.wrong(
                    decoder, "\(nodes ?? 1) nodes of \(perNode ?? 1) processes are not \(processes) processes")
            }
        }
        self.init(
            nodeCount: nodes ?? 1, processesPerNode: perNode ?? 1,
            cpuCoresPerProcess: try values.decodeIfPresent(Int.self, forKey: .cpuCoresPerProcess) ?? 1,
            gpuCoresPerProcess: try values.decodeIfPresent(Int.self, forKey: .gpuCoresPerProcess) ?? 0,
            exclusiveNodeUse: try values.decodeIfPresent(Bool.self, forKey: .exclusiveNodeUse) ?? false,
            memory: try values.decodeIfPresent(ByteCount.self, forKey: .memory))
    }

    /// Writes PSI/J's names, the number of processes included.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(nodeCount, forKey: .nodeCount)
        try values.encode(processCount, forKey: .processCount)
        try values.encode(processesPerNode, forKey: .processesPerNode)
        try values.encode(cpuCoresPerProcess, forKey: .cpuCoresPerProcess)
        try values.encode(gpuCoresPerProcess, forKey: .gpuCoresPerProcess)
        try values.encode(exclusiveNodeUse, forKey: .exclusiveNodeUse)
        try values.encodeIfPresent(memory, forKey: .memory)
    }
}
