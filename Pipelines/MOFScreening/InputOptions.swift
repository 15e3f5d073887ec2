public import Penstock
public import PenstockMOF

/// The structures.
struct InputOptions: ParsableArguments {
    @Option(help: "The folder of the structures: files that end in .cif, .xyz or .extxyz; or one such file.")
    var input: String?
    @Option(help: "What becomes of structures with the bonds of an earlier one: flag, skip (reject them) or keep.")
    var duplicates = DuplicateRule.flag
}

extension DuplicateRule: ExpressibleByArgument {}
