/// The skeleton of a straight linker between two carboxylates.
public enum Backbone: String, Sendable, Hashable, CaseIterable {
    /// Acetylenedicarboxylate.
    case acetylene
    /// Butadiynedicarboxylate.
    case diacetylene
    /// 1,4-benzenedicarboxylate, of IRMOF-1.
    case benzene
    /// 2,5-pyrazinedicarboxylate.
    case pyrazine
    /// 1,2,4,5-tetrazine-3,6-dicarboxylate.
    case tetrazine
    /// 1,4-naphthalenedicarboxylate, of IRMOF-7.
    case naphthalene
    /// 9,10-anthracenedicarboxylate.
    case anthracene
    /// 2,7-pyrenedicarboxylate, of IRMOF-14.
    case pyrene
    /// 4,4'-biphenyldicarboxylate, of IRMOF-10.
    case biphenyl
    /// 4,4'-tolanedicarboxylate: two benzenes with a triple bond between them.
    case tolane
    /// 4,4''-terphenyldicarboxylate, of IRMOF-16.
    case terphenyl

    /// The pieces from one carboxylate to the other.
    var units: [LinkerUnit] {
        switch self {
        case .acetylene: [.ethynylene]
        case .diacetylene: [.ethynylene, .ethynylene]
        case .benzene: [.phenylene]
        case .pyrazine: [.pyrazine]
        case .tetrazine: [.tetrazine]
        case .naphthalene: [.naphthalene]
        case .anthracene: [.anthracene]
        case .pyrene: [.pyrene]
        case .biphenyl: [.phenylene, .phenylene]
        case .tolane: [.phenylene, .ethynylene, .phenylene]
        case .terphenyl: [.phenylene, .phenylene, .phenylene]
        }
    }
}
