import Foundation
import PenstockBatch
import TestSupport

/// `qsub`, `qstat`, `qdel` and `qsig` for tests: shells that put the words of PBS into those of a real Slurm, which reads the `#PBS` lines of
/// scripts by itself (`sbatch`, with the plug-in spank_pbs for PBS_JOBID and PBS_O_WORKDIR).
///
/// What is shown with them: the scripts are run by a reader of `#PBS` lines that is not ours, jobs begin, wait for each other, are told to end
/// and end by processes of their own, and what we call and parse fits together. What is not: anything of a real PBS server. Its own reading of
/// directives, its placement of chunks, PBS_NODEFILE and pbsdsh, its clock and its signals at the walltime, and what `qstat` really prints: the
/// documents here are written from the manuals of OpenPBS 23.06 and Torque 6.
enum PBSPrograms {
    static func programs(_ scheduler: SchedulerName) throws -> ScriptedPrograms {
        try ScriptedPrograms([
            "qsub": qsub, "qdel": #"exec scancel "$@""#,
            "qsig": #"[ "$1" = -s ] || exit 2; exec scancel --batch --signal="$2" "$3""#,
            "qstat": qstat + (scheduler == .pbspro ? json : text),
        ])
    }

    private static let qsub = #"""
        options=()
        while [ $# -gt 1 ]; do
            case $1 in
            -W) options+=(--dependency="${2#depend=}" --kill-on-invalid-dep=yes); shift 2 ;;
            *) echo "qsub: invalid option $1" >&2; exit 2 ;;
            esac
        done
        exec sbatch --parsable "${options[@]}" "$1"
        """#

    /// `state`, `status` and `reason` of each job that is known, for `print`; 35 where one is over and nobody asks for those, 153 where one
    /// is forgotten.
    private static let qstat = #"""
        left=0 history=
        jobs=()
        for word; do
            case $word in -x) history=yes ;; [0-9]*) jobs+=("$word") ;; esac
        done
        each() {
            local id text slurm
            for id in "${jobs[@]}"; do
                if ! text=$(scontrol --oneliner show job "$id" 2>/dev/null); then
                    echo "qstat: Unknown Job Id $id" >&2
                    left=153
                    continue
                fi
                slurm=$(sed 's/.* JobState=\([A-Z_]*\).*/\1/' <<<"$text")
                reason=$(sed 's/.* Reason=\([^ ]*\).*/\1/' <<<"$text")
                status=$(sed 's/.* ExitCode=\([0-9]*\):\([0-9]*\) .*/\1 \2/' <<<"$text")
                status=$((${status#* } > 0 ? 256 + ${status#* } : ${status% *}))
                case $slurm in
                PENDING) state=Q; [ "$reason" = Dependency ] && state=H ;;
                RUNNING | COMPLETING) state=R ;;
                TIMEOUT) state=over status=-29 ;;
                CANCELLED) state=over status=271 ;;
                *) state=over ;;
                esac
                print "$id"
            done
        }

        """#

    /// The document of OpenPBS.
    private static let json = #"""
        print() {
            if [ $state = over ]; then
                [ -n "$history" ] || { echo "qstat: $1 Job has finished, use -x or -H to obtain historical job information" >&2; left=35; return; }
                state=F
            fi
            printf '%s"%s": {"Job_Name": "job", "job_state": "%s"' "$comma" "$1" $state
            [ $state = F ] && printf ', "Exit_status": %d' "$status"
            # For a moment Slurm says PartitionConfig instead.
            [[ "$reason" = Partition* ]] && printf ', "comment": "Can Never Run: walltime"'
            printf '}'
            comma=,
        }
        printf '{"timestamp": 1795393200, "pbs_version": "23.06.06", "pbs_server": "host", "Jobs": {'
        each
        printf '}}\n'
        exit $left
        """#

    /// The text of Torque.
    private static let text = #"""
        print() {
            [ $state = over ] && state=C
            printf 'Job Id: %s\n    Job_Name = job\n    job_state = %s\n' "$1" $state
            [ $state = C ] && printf '    exit_status = %d\n' "$status"
            printf '\n'
        }
        each
        exit $left
        """#
}
