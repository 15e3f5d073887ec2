public import PenstockEvents

/// Why a screening cannot begin. What is wrong with one structure is no such error: it stands in the structure's row.
public enum ScreeningError: Diagnostic, Hashable {
    /// A run was begun without a folder to read.
    case noInput
    /// There is nothing at the path.
    case missingInput(String)
    /// The folder cannot be listed.
    case unreadableInput(String, reason: String)
    /// There is no file with a structure.
    case noStructures(String)
    /// A file of parameters cannot be read.
    case unreadableForceField(String, reason: String)
    /// Two outputs, or an output and an input, would have one name.
    case outputsCollide(String, reason: String)

    /// What happened.
    public var summary: String {
        switch self {
        case .noInput: "there is no folder of structures to screen"
        case .missingInput(let path): "\(path): there is no such folder"
        case .unreadableInput(let path, let reason): "\(path): the folder cannot be read: \(reason)"
        case .noStructures(let path): "\(path): there is no structure in it"
        case .unreadableForceField(_, let reason): reason
        case .outputsCollide(let path, let reason): "\(path): \(reason)"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .noInput: "give --input DIR"
        case .missingInput, .unreadableInput: "give the folder of the structures with --input"
        case .noStructures: "structures are files whose names end in .cif, .xyz or .extxyz"
        case .unreadableForceField:
            "give uff, dreiding or a table with the columns element, epsilon_over_kB_K and sigma_A"
        case .outputsCollide: "give --output a name of its own that ends in .csv"
        }
    }

    /// By the kind of what is wrong.
    public var category: FailureCategory {
        switch self {
        case .noInput, .missingInput, .unreadableInput: .noInput
        case .noStructures, .unreadableForceField: .data
        case .outputsCollide: .usage
        }
    }
}
