package import ArgumentParser

/// The measurements that a site can do for itself.
package enum SiteBenchmarks {
    /// The commands, and the one that they start as a process of its own.
    package static let commands: [any ParsableCommand.Type] = [
        FabricBenchmark.self, ProduceBenchmark.self, ConsumeBenchmark.self, LogBenchmark.self, BrokerServe.self,
    ]
}
