/// How the energy of a guest in the framework is computed.
public enum HostEnergy: Sendable {
    /// By sums over the framework's atoms: exact, and fast enough for most runs.
    case direct(HostPotential)
    /// From a grid that was computed once: faster in long runs, with the grid's error.
    case grid(EnergyGrid)

    /// The framework and the guests.
    public var host: HostPotential {
        switch self {
        case .direct(let host): host
        case .grid(let grid): grid.host
        }
    }

    /// The energy in K of a guest whose sites are at `places`, in Å; infinite where it overlaps with the framework.
    @inline(__always) func energy(of guest: Int, at places: [SIMD3<Double>]) -> Double {
        switch self {
        case .direct(let host): host.energy(of: guest, at: places)
        case .grid(let grid): grid.energy(of: guest, at: places)
        }
    }
}
