internal import ArgumentParser
internal import Foundation
internal import PenstockBatch
internal import PenstockCommands

/// Adds nodes to a run that is on its way.
struct ExtendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Add nodes to a run that is on its way: they take their part of its work.",
        discussion:
            "For runs whose work is shared by the partitions of topics: those of several nodes, or submitted with --malleable."
    )

    @OptionGroup var choice: RunChoice
    @Option(help: ArgumentHelp("How many nodes are added.", valueName: "n")) var nodes = 1
    @Option(help: ArgumentHelp("How long they may stay; by default as long as a job of the run.", valueName: "time"))
    var walltime: Walltime?

    func validate() throws {
        guard nodes >= 1 else { throw ValidationError("--nodes takes 1 or more") }
    }

    func run() async throws {
        let folder = try choice.folder
        let job = try await folder.extend(nodes: nodes, walltime: walltime)
        print("\(folder.name) gets \(nodes) \(nodes == 1 ? "node" : "nodes") more: job \(job.id)")
    }
}

/// Takes nodes from a run that `extend` has added.
struct ShrinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shrink",
        abstract: "Take nodes away that `extend` has added: they give their work back to the others.",
        discussion: "Whole jobs go, the newest first, until so many nodes are gone.")

    @OptionGroup var choice: RunChoice
    @Option(help: ArgumentHelp("How many nodes go, at least.", valueName: "n")) var nodes = 1

    func validate() throws {
        guard nodes >= 1 else { throw ValidationError("--nodes takes 1 or more") }
    }

    func run() async throws {
        let folder = try choice.folder
        for job in try await folder.shrink(nodes: nodes) {
            print("job \(job.id) leaves \(folder.name) with \(job.nodes) \(job.nodes == 1 ? "node" : "nodes")")
        }
    }
}

/// What the batch script of an added job calls.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join a run as a job; the batch script calls it.", shouldDisplay: false)

    @Argument(help: "The folder of the run.") var folder: String
    @Argument(help: "The number of the job among those that were added.") var number: Int

    func run() async throws {
        let wishes = JobWishes()
        let signals = JobSignals(wishes)
        defer { signals.cancel() }
        let runner = try JoinRunner(folder, number: number, wishes: wishes) { StandardError.write("penstock: \($0)\n") }
        let status = try await runner.run()
        if status != 0 { throw ExitCode(Int32(status)) }
    }
}

/// The signals of schedulers, as wishes of a job.
struct JobSignals {
    private let drains, looks: StopSignals

    init(_ wishes: JobWishes) {
        // A scheduler may send each of them more than once, and to the pipeline, too.
        drains = StopSignals([SIGTERM, SIGINT], again: true) { wishes.drain() }
        looks = StopSignals([SIGUSR1, SIGUSR2], again: true) { wishes.look() }
    }

    func cancel() {
        drains.cancel()
        looks.cancel()
    }
}
