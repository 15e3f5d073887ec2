import Dispatch
import Foundation
import PenstockEvents

/// A process beside the tests, for them to kill, to stop, or to cut off.
@main
struct BrokerPeer {
    static let usage = """
        usage: BrokerPeer serve --data DIR [--listen HOST:PORT] [--silence MILLISECONDS]
                   [--fabric CHOICE] [--certificate FILE --key FILE --ca FILE]
               BrokerPeer produce --log LOG --name N [--partition P] [--batch RECORDS] [--window BATCHES]
                   [--pause MILLISECONDS] [--bytes BYTES] [--count RECORDS] [--until FILE] [--durability CLASS]
                   [--alone true] [--leave true]
               BrokerPeer consume --log LOG [--partition P] [--group NAME] [--commit RECORDS] [--once true]
                   [--until FILE]

        """

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let options = Options(arguments.dropFirst())
        Task {
            do {
                switch arguments.first {
                case "serve": try await Serving(options).run()
                case "produce": try await Producing(options).run()
                case "consume": try await Consuming(options).run()
                default: Options.refuse("")
                }
                exit(0)
            } catch {
                FileHandle.standardError.write(Data("error: \(error)\n".utf8))
                exit((error as? any Diagnostic)?.category.rawValue ?? 70)
            }
        }
        dispatchMain()
    }

    /// Tells standard output something, in one write.
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
