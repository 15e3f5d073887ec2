internal import PenstockFabric

/// What `penstock doctor` finds out about fabrics.
enum FabricCheck {
    static func findings() -> [Finding] {
        do throws(FabricError) {
            let providers = try LibfabricTransport.providers()
            var findings = [Finding(.good, "libfabric", "version \(try LibfabricTransport.libraryVersion())")]
            // One provider has an entry for each interface.
            var names: [String] = []
            for provider in providers where !names.contains(provider.name) { names.append(provider.name) }
            for name in names {
                let of = providers.filter { $0.name == name }
                let places = Set(of.map(\.domain)).sorted().joined(separator: ", ")
                if let refusal = of[0].refusal {
                    findings.append(Finding(.note, name, "at \(places); is not used: \(refusal)"))
                } else {
                    findings.append(Finding(.good, name, "at \(places)"))
                }
            }
            if !names.contains(where: { LibfabricTransport.movesMemoryByHardware($0) }) {
                findings.append(
                    Finding(
                        .note, "RDMA", "no provider moves memory by hardware: batches go over TCP",
                        hint: "on a machine with such a network, use the libfabric of its software"))
            }
            return findings
        } catch {
            return [Finding(.note, "libfabric", "\(error.summary); TCP is used", hint: error.hint)]
        }
    }
}
