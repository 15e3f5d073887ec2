public import PenstockLog

#if Broker
    internal import PenstockBroker
#endif

// The one place where a pipeline meets brokers: built without the package trait `Broker` it has directories only, and no network.
extension LogLocation {
    /// Opens the log of a pipeline, beside which its topics may be in the logs of brokers.
    /// - Parameters:
    ///   - creating: Whether a directory becomes a log where there is none.
    ///   - program: What the pipeline is called in the messages of brokers.
    /// - Throws: `LogError`, also where brokers are meant and the program was built without them.
    public func open(creating: Bool, for program: String) async throws(LogError) -> any LogStore {
        #if Broker
            let own = try await open(creating: creating, client: program)
            return RoutedLog(own) { location throws(LogError) in
                try await location.open(creating: false, client: program)
            }
        #else
            guard let directory else {
                throw LogError(
                    .invalidConfiguration, "\(self) is a log of brokers, and this program was built without them",
                    hint: "name a directory, or build with the package trait Broker, which is on by default")
            }
            return try await EmbeddedLog(directory: directory, creating: creating)
        #endif
    }
}
