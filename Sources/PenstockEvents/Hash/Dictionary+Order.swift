extension Dictionary where Key: Comparable {
    /// The values in the order of their keys: where what is done with them shows, so that simulations repeat themselves.
    package var valuesInOrder: [Value] { sorted { $0.key < $1.key }.map(\.value) }
}
