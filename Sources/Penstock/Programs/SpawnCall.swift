internal import CPenstockShim
internal import Glibc

/// How a program is started: in a folder, as the leader of a new process group, with no files but the three that it is given.
struct SpawnCall {
    let path: String
    let arguments: [String]
    let environment: [String: String]
    let folder: String
    let input: String
    let output, errors: Int32

    /// Starts it: 0, or the number of the error.
    func start(_ process: inout pid_t) -> Int32 {
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return Self.withPointers(arguments) { arguments in
            Self.withPointers(variables) { variables in
                penstock_spawn(path, arguments, variables, folder, input, output, errors, &process)
            }
        }
    }

    /// A pipe of which other programs inherit neither end: 0, or the number of the error.
    static func pipe(_ ends: inout [Int32]) -> Int32 { penstock_pipe(&ends) }

    /// The texts as C has them: a list of pointers with nil at the end.
    private static func withPointers<Value>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
    ) -> Value {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
