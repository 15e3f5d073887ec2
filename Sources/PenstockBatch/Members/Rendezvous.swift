internal import Foundation

/// Where the members of a run meet: the file `rendezvous.json`, which the job that serves the log replaces when it begins.
public struct Rendezvous: Codable, Sendable, Hashable {
    /// The attempt that serves the log.
    public var attempt: Int
    /// The log, as `--log` takes it.
    public var log: String
    /// The file with the token that members show.
    public var tokenFile: String?
    /// The file with the certificate of the run's own authority.
    public var authority: String?
    /// Over which fabric members go; nil for none.
    public var fabric: String?
    /// The group that shares the work.
    public var group: String

    /// A place to meet.
    public init(attempt: Int, log: String, tokenFile: String?, authority: String?, fabric: String?, group: String) {
        self.attempt = attempt
        self.log = log
        self.tokenFile = tokenFile
        self.authority = authority
        self.fabric = fabric
        self.group = group
    }

    /// What members see in their environment.
    var environment: [String: String] {
        var variables: [String: String] = [:]
        variables["PENSTOCK_TOKEN_FILE"] = tokenFile
        variables["PENSTOCK_CA"] = authority
        variables["PENSTOCK_FABRIC"] = fabric
        return variables
    }
}

/// A broker of a run, as it says where it is: a file in the folder `brokers`.
public struct BrokerRecord: Codable, Sendable, Hashable {
    /// Where it listens, as `HOST:PORT`.
    public var address: String
    /// The file with its owner's token.
    public var tokenFile: String
    /// The file with the certificate of the authority of its own.
    public var authority: String

    /// A broker.
    public init(address: String, tokenFile: String, authority: String) {
        (self.address, self.tokenFile, self.authority) = (address, tokenFile, authority)
    }
}

extension RunFolder {
    /// Where the members meet; nil before a job has served the log.
    public func rendezvous() throws(BatchError) -> Rendezvous? { try read(Rendezvous.self, "rendezvous.json") }

    func write(_ rendezvous: Rendezvous) throws(BatchError) { try write(rendezvous, "rendezvous.json") }

    /// The brokers that serve the log, by name.
    func brokers() throws(BatchError) -> [BrokerRecord] { try all(BrokerRecord.self, in: "brokers") }

    /// Says where a broker is.
    public func write(_ broker: BrokerRecord, name: String) throws(BatchError) {
        try write(broker, "brokers/\(name).json")
    }

    /// Forgets the brokers of an earlier attempt, and makes the folder for those of the next.
    func clearBrokers() throws(BatchError) {
        for name in names(in: "brokers") { unlink(self("brokers/\(name)")) }
        do { try FileManager.default.createDirectory(atPath: self("brokers"), withIntermediateDirectories: true) } catch
        {
            throw BatchError(.folder, "\(self("brokers")) cannot be made: \(error.localizedDescription)")
        }
    }
}
