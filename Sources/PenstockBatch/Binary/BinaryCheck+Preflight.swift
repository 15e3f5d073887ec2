internal import PenstockEvents

extension BinaryCheck {
    /// Lines of bash for a batch script, to stand behind what loads modules and before the program starts. On a node that cannot
    /// run the program they print `error: …` and `hint: …`, with the names of the node and of what is missing, and exit with
    /// status 78. They define the functions `preflight` and `preflight_failed` and no variables.
    ///
    /// They look, in this order, whether the node sees the file, has its processor, sees the very file that was submitted
    /// (SHA-256), has a glibc that is new enough and every shared library, those that libraries need among them. They need bash,
    /// the coreutils and sed, and `getconf` and `ldd` of glibc. A program without a dynamic linker needs neither glibc nor libraries.
    /// - Parameter path: Where the program is on the node: absolute, or seen from where the script is when it comes to these lines.
    public func preflight(binary path: String) -> [String] {
        preflightFunctions + ["preflight \(Shell.quoted(path))"]
    }

    /// The functions alone: `preflight` takes the path of the program.
    var preflightFunctions: [String] {
        let status = FailureCategory.configuration.rawValue
        let checks = fileLines + (facts.interpreter == nil ? [] : glibcLines + Self.libraryLines)
        return [
            "# Can this node run the program? If not, the job ends here with status \(status), and says why.",
            "preflight_failed() {",
            #"    printf 'error: node %s: %s\nhint: %s\n' "$(uname -n)" "$1" "$2" >&2"#,
            "    exit \(status)",
            "}",
            "preflight() {",
            "    local binary=$1 checksum glibc missing",
        ] + checks.map { "    " + $0 } + ["}"]
    }

    private var fileLines: [String] {
        Self.check(
            "[[ -f $binary && -r $binary && -x $binary ]]",
            orFail: "$binary is not there, or may not be read and executed",
            hint: "is its folder shared with the nodes, and mounted so that programs may run?")
            + Self.check(
                "[[ $(uname -m) == \(facts.architecture) ]]",
                orFail:
                    "$binary is for processors of the kind \(facts.architecture), and those of the node are $(uname -m)",
                hint:
                    "name a partition with \(facts.architecture), or build the pipeline on a machine of the node's kind"
            )
            + [#"checksum=$(sha256sum < "$binary")"#, "checksum=${checksum%% *}"]
            + Self.check(
                "[[ $checksum == \(facts.sha256) ]]",
                orFail: "$binary is not the file that was submitted: its SHA-256 is $checksum, not \(facts.sha256)",
                hint: "submit again: it was built anew since, or only a part of it was copied")
    }

    private var glibcLines: [String] {
        guard let needed = facts.neededGlibc else { return [] }
        return ["glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || glibc=none", "glibc=${glibc#glibc }"]
            + Self.check(
                #"[[ $glibc != none && $(printf '%s\n' \#(needed) "$glibc" | sort -V | head -n 1) == \#(needed) ]]"#,
                orFail: "$binary needs glibc \(needed) or newer, and the node has $glibc",
                hint: "build it on a system as old as the node, or run it in a container: \(Self.guide)")
    }

    /// `ldd` prints `NAME => not found` of a library, and of one that is too old: FILE: version `NAME' not found (required by FILE).
    private static let libraryLines =
        [
            #"missing=$(LC_ALL=C ldd "$binary" 2>&1 | sed -n -e 's/^[[:space:]]*//' \"#,
            #"    -e 's/ => not found$//p' -e "s/.*: version \\(.*' not found.*\\)/version \\1/p" | sort -u) || true"#,
        ]
        + check(
            "[[ -z $missing ]]", orFail: #"shared libraries are missing: ${missing//$'\n'/, }"#,
            hint: "load the module that has them before the program starts, or build the program as one file: \(guide)")

    /// A condition of bash, and what is told where it does not hold: texts within double quotes.
    private static func check(_ condition: String, orFail error: String, hint: String) -> [String] {
        [condition + " ||", "    preflight_failed \"\(error)\" \\", "        \"\(hint)\""]
    }
}
