/// The smallest even length of the form 2^a 3^b 5^c that is at least `minimum`: FFTW has fast code for every factor.
public func goodFFTSize(atLeast minimum: Int) -> Int {
    var length = max(2, minimum + minimum & 1)
    while !isProductOfSmallPrimes(length) { length += 2 }
    return length
}

private func isProductOfSmallPrimes(_ number: Int) -> Bool {
    var rest = number
    for prime in [2, 3, 5] {
        while rest.isMultiple(of: prime) { rest /= prime }
    }
    return rest == 1
}
