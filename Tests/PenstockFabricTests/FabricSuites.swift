import Testing

/// All suites of the fabric, which run one after the other: together they would have more files open than Foundation's `Process.run`
/// survives, which reads past its buffer where there are more than about 1,300 in the process.
@Suite("The fabric", .serialized)
struct FabricSuites {}
