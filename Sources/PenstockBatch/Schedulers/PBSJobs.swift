internal import Foundation
internal import PenstockEvents

/// What `qstat` prints of jobs, by their names.
struct PBSJobs {
    private(set) var jobs: [String: QueuedJob] = [:]

    /// What OpenPBS prints for `-f -F json`. A text that is no such document has no jobs.
    init(json text: String) {
        guard let document = try? JSONParser.parse(Array(text.utf8)), case .object(let members)? = document["Jobs"]
        else { return }
        for member in members {
            jobs[member.name] = Self.job { name in
                switch member.value[name] {
                case .text(let text): text
                case .number(let digits): digits
                default: nil
                }
            }
        }
    }

    /// What Torque prints for `-f`: a heading for each job, and its attributes, indented; long ones go on in lines that begin with a tab.
    init(text: String) {
        var id: String?
        var attributes: [String: String] = [:]
        var last: String?
        func end() {
            if let id { jobs[id] = Self.job { attributes[$0] } }
            attributes = [:]
        }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("Job Id: ") {
                end()
                id = String(line.dropFirst("Job Id: ".count))
            } else if line.hasPrefix("\t"), let last {
                attributes[last]? += line.dropFirst()
            } else if let equals = line.range(of: " = ") {
                let name = line[..<equals.lowerBound].trimmingCharacters(in: .whitespaces)
                attributes[name] = String(line[equals.upperBound...])
                last = name
            }
        }
        end()
    }

    private static func job(_ attribute: (String) -> String?) -> QueuedJob {
        let comment = attribute("comment")
        let exit = (attribute("Exit_status") ?? attribute("exit_status")).flatMap(Int.init)
        let state: JobState =
            switch attribute("job_state") {
            case "Q", "W", "T": .queued(reason: comment)
            case "H": .queued(reason: comment ?? "held")
            case "S", "U": .queued(reason: "suspended")
            case "M": .queued(reason: "moved to another server")
            case "R", "B": .active
            case "E": .active
            default: ended(exit)
            }
        return QueuedJob(
            state: state, neverRuns: comment?.hasPrefix("Can Never Run") ?? false, remark: comment,
            nodes: attribute("exec_host"), end: nil)
    }

    /// Statuses below zero are the server's own, above 256 signals (PBS Professional Administrator's Guide, "Job Exit Status Codes").
    private static func ended(_ status: Int?) -> JobState {
        guard let status else { return .failed(.lost) }
        return switch status {
        case 0: .completed
        case -29: .failed(.timeout)
        case 257...: .failed(.signal(status - 256))
        case 129...: .failed(.signal(status - 128))
        default: .failed(.exit(status))
        }
    }
}
