/// The text of a batch script: readable, commented, the same for every job of a run.
public struct BatchScript: Sendable, Hashable {
    /// The variable with the path of the copy that each node has of the program, where it has one.
    static let stagedProgram = "PENSTOCK_PROGRAM"

    /// The whole text.
    public let text: String

    /// The script of a job.
    /// - Parameters:
    ///   - heading: Lines that tell what the script is, without the marks of comments.
    ///   - check: What each node is asked before the program starts; nil to ask nothing.
    public init(_ spec: JobSpec, for scheduler: any Scheduler, heading: [String], check: BinaryCheck? = nil) {
        let directory = Shell.quoted(spec.directory)
        let nodes = EachNode(spec, scheduler.name)
        let program = spec.stage == nil ? Shell.quoted(spec.executable) : "\"$\(Self.stagedProgram)\""
        var lines = ["#!/bin/bash"] + heading.map { $0.isEmpty ? "#" : "# \($0)" } + scheduler.directives(for: spec)
        func part(_ title: String, _ body: [String]) {
            if !body.isEmpty { lines += ["", "# \(title)"] + body }
        }
        part("What the scheduler needs.", scheduler.preamble)
        part(
            "The folder that the job was submitted from. It has to be there on the node, too.",
            [
                "cd \(directory) || {",
                "    echo \"error: $(hostname) has no folder \"\(directory)\": the run needs one that all nodes share\" >&2",
                "    exit 78",
                "}",
            ])
        part(
            "Variables.",
            spec.environment.sorted { $0.key < $1.key }.map { "export \($0.key)=\(Shell.quoted($0.value))" })
        part("The site's own lines.", spec.preLaunch)
        // In a container the program sees other libraries than the script.
        let check = spec.wrapper.isEmpty ? check : nil
        if spec.stage != nil || check != nil { part("Runs a command on each node of the job.", nodes.function) }
        if let stage = spec.stage {
            part("The program goes to \(stage) of each node.", Self.staging(spec, stage, nodes))
        }
        if let check { lines += [""] + check.preflightFunctions + [Self.asking(nodes, program)] }
        // The program takes the shell's place: a signal for the job is for the program then, and none is lost.
        let words = [program, Shell.command(spec.arguments)]
        part(
            "The program takes the place of this shell, so that signals reach it.",
            ["exec " + ((spec.wrapper.isEmpty ? [] : [Shell.command(spec.wrapper)]) + words).joined(separator: " ")])
        text = lines.joined(separator: "\n") + "\n"
    }

    /// Copies the program: by Slurm itself, or by each node from where it is.
    private static func staging(_ spec: JobSpec, _ stage: String, _ nodes: EachNode) -> [String] {
        let (source, copy) = (Shell.quoted(spec.executable), "\"$\(stagedProgram)\"")
        let command =
            nodes.scheduler == .slurm
            ? "sbcast --force --preserve \(source) \(copy)"
            : nodes.isThisOne ? "cp -p \(source) \(copy)" : "\(EachNode.name) /bin/cp -p \(source) \(copy)"
        return [
            "export \(stagedProgram)=\(Shell.quoted("\(stage)/\(spec.name)-"))\"\(nodes.jobID)\"",
            "\(command) || {", "    echo \"error: the program cannot be copied to \"\(Shell.quoted(stage)) >&2",
            "    echo \"hint: is there room on each node, and may you write there?\" >&2", "    exit 74", "}",
        ]
    }

    /// Asks this node, or each one.
    private static func asking(_ nodes: EachNode, _ program: String) -> String {
        guard !nodes.isThisOne else { return "preflight \(program)" }
        let functions = #""$(declare -f preflight_failed preflight); preflight \"\$1\"""#
        return "\(EachNode.name) /bin/bash -c \(functions) preflight \(program) || exit 78"
    }
}
