/// A `qsub` and the options that it takes.
enum PBSDialect: String, CaseIterable {
    /// OpenPBS and PBS Professional. Source: the manual page doc/man1/qsub.1B of openpbs/openpbs.
    case pbspro
    /// Torque. Source: its manual page qsub(1B) of version 2.4.16, and -F, which came later.
    case torque

    /// Options that a value follows.
    var optionsWithValue: Set<Character> {
        switch self {
        case .pbspro: Set("aAcCejJklmMNopPqrRSuvW")
        case .torque: Set("aAbcCdDeFjklmMNopPqrStTuvwW")
        }
    }

    /// Options that stand alone.
    var flags: Set<Character> {
        switch self {
        case .pbspro: Set("fGhIVXz")
        case .torque: Set("fhIVxXz")
        }
    }

    var other: PBSDialect { self == .pbspro ? .torque : .pbspro }

    /// Characters of a job's name at most. OpenPBS: PBS_MAXJOBNAME of src/include/pbs_ifl.h, which was 236 before version 20. Torque: 15 by
    /// the description of `check_job_name` in src/lib/Libcmds/ck_job_name.c; the code below it takes 256, and older servers do not.
    var mostCharactersOfName: Int { self == .pbspro ? 230 : 15 }

    /// Whether a job's name may begin so: OpenPBS takes letters and digits, Torque letters only. Same sources.
    func mayBeginName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || self == .pbspro && character.isNumber)
    }

    /// The option for arrays of jobs.
    var arrayOption: Character { self == .pbspro ? "J" : "t" }
}
