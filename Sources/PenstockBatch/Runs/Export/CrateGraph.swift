internal import PenstockEvents

/// The entities of a crate as they come, each once, and the lists that lead to them.
struct CrateGraph {
    /// An option of the pipeline as a formal parameter.
    private struct Parameter {
        let name: String
        let kind: String
        let isInput: Bool
        var examples: [String]
    }

    private var known: Set<String> = []
    private var knownParts: Set<String> = []
    private var all: [JSON] = []
    private var parameters: [Parameter] = []
    /// What the root lists as its parts, and as its actions.
    private(set) var parts: [String] = []
    private(set) var actions: [String] = []

    /// The parameters, and behind them everything else in the order in which it came.
    var entities: [JSON] {
        parameters.map { parameter in
            .entity(
                "#option-\(parameter.name)", "FormalParameter",
                [
                    "name": .text(parameter.name), "additionalType": .text(parameter.kind),
                    "workExample": .ids(parameter.examples),
                ])
        } + all
    }

    /// The parameters that go into the workflow, and those that come out of it.
    var inputs: [String] { parameters.filter(\.isInput).map { "#option-\($0.name)" } }
    var outputs: [String] { parameters.filter { !$0.isInput }.map { "#option-\($0.name)" } }

    /// Adds an entity, unless there is one with its id: a file may be both read and made.
    mutating func add(_ entity: JSON) {
        if let id = entity["@id"]?.string, known.insert(id).inserted { all.append(entity) }
    }

    /// Adds an entity that is part of the root.
    mutating func addPart(_ entity: JSON, _ id: String) {
        if knownParts.insert(id).inserted { parts.append(id) }
        add(entity)
    }

    /// Adds an action that the root mentions.
    mutating func addAction(_ entity: JSON, _ id: String) {
        actions.append(id)
        add(entity)
    }

    /// Says that an entity is what an option stood for.
    mutating func addExample(_ id: String, of name: String, kind: String, isInput: Bool) {
        if let index = parameters.firstIndex(where: { $0.name == name }) {
            if !parameters[index].examples.contains(id) { parameters[index].examples.append(id) }
        } else {
            parameters.append(Parameter(name: name, kind: kind, isInput: isInput, examples: [id]))
        }
    }
}

extension JSON {
    /// A reference to an entity.
    static func id(_ id: String) -> JSON { .object([Member("@id", .text(id))]) }

    /// References; one alone is no list, as is usual in JSON-LD.
    static func ids(_ ids: [String]) -> JSON { ids.count == 1 ? .id(ids[0]) : .array(ids.map { .id($0) }) }

    /// An entity of a type; members that are nil are left out.
    static func entity(_ id: String, _ type: String, _ members: KeyValuePairs<String, JSON?>) -> JSON {
        entity(id, type: .text(type), members)
    }

    /// An entity of several types.
    static func entity(_ id: String, types: [String], _ members: KeyValuePairs<String, JSON?>) -> JSON {
        entity(id, type: .array(types.map { .text($0) }), members)
    }

    private static func entity(_ id: String, type: JSON, _ members: KeyValuePairs<String, JSON?>) -> JSON {
        let rest = members.compactMap { name, value in value.map { Member(name, $0) } }
        return .object([Member("@id", .text(id)), Member("@type", type)] + rest)
    }
}

/// Media types (RFC 2046) by the endings of names.
enum MediaType {
    private static let types = [
        "csv": "text/csv", "h5": "application/x-hdf5", "hdf5": "application/x-hdf5", "html": "text/html",
        "json": "application/json", "jsonl": "application/jsonl", "nxs": "application/x-hdf5", "png": "image/png",
        "tif": "image/tiff", "tiff": "image/tiff", "txt": "text/plain",
    ]

    /// Nil for an ending that is none of these.
    static func of(_ path: String) -> String? {
        path.split(separator: ".").last.flatMap { types[$0.lowercased()] }
    }
}
