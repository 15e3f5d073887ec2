internal import PenstockEvents

/// The members of a JSON object no two of which have the same name: readers do not agree on which of two counts.
struct UniqueMembers {
    let members: [JSON.Member]

    /// The members of an object; nil where it is none, or has a name twice.
    init?(_ json: JSON) {
        guard case .object(let members) = json, Set(members.map(\.name)).count == members.count else { return nil }
        self.members = members
    }

    /// The members of the object that is all of a text; nil where that is not so.
    init?(parsing bytes: [UInt8]) {
        guard let json = try? JSONParser.parse(bytes) else { return nil }
        self.init(json)
    }

    subscript(name: String) -> JSON? { members.first { $0.name == name }?.value }

    /// The text of a member; nil where it is missing or something else.
    func text(_ name: String) -> String? { self[name]?.string }
}
