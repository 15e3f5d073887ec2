/// The text of a batch script: readable, commented, the same for every job of a run.
public struct BatchScript: Sendable, Hashable {
    /// The whole text.
    public let text: String

    /// The script of a job.
    /// - Parameters:
    ///   - heading: Lines that tell what the script is, without the marks of comments.
    ///   - preflight: Lines of shell that see to it that the program can run on the node.
    public init(_ spec: JobSpec, for scheduler: any Scheduler, heading: [String], preflight: [String] = []) {
        let directory = Shell.quoted(spec.directory)
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
        if !preflight.isEmpty { lines += [""] + preflight }
        // The program takes the shell's place: a signal for the job is for the program then, and none is lost.
        part(
            "The program takes the place of this shell, so that signals reach it.",
            ["exec " + Shell.command(spec.wrapper + [spec.executable] + spec.arguments)])
        text = lines.joined(separator: "\n") + "\n"
    }
}
