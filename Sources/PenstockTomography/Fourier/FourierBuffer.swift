internal import CFFTW

/// A block of floats, aligned as FFTW's vector code wants it, zero at first.
///
/// The struct owns the memory and frees it when it goes; the pointer must not be used after that. One thread at a time
/// writes.
struct FourierBuffer: ~Copyable {
    /// The number of floats.
    let count: Int
    /// The first float.
    let base: UnsafeMutablePointer<Float>

    init(count: Int) {
        precondition(count > 0, "a buffer has at least one element")
        let bytes = count * MemoryLayout<Float>.stride
        guard let memory = fftwf_malloc(bytes) else { fatalError("no memory for a Fourier buffer of \(bytes) bytes") }
        self.count = count
        base = memory.bindMemory(to: Float.self, capacity: count)
        base.initialize(repeating: 0, count: count)
    }

    /// Room for complex numbers, real and imaginary parts in turn.
    init(complexCount: Int) { self.init(count: 2 * complexCount) }

    deinit { fftwf_free(base) }
}
