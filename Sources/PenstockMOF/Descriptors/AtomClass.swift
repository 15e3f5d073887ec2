/// The kinds of atoms that descriptors tell apart, so that they have the same components for all structures.
public enum AtomClass: String, Sendable, Hashable, CaseIterable {
    /// H
    case hydrogen
    /// C
    case carbon
    /// N
    case nitrogen
    /// O
    case oxygen
    /// F, Cl, Br, I, At
    case halogen
    /// Every metal.
    case metal
    /// What is left: B, Si, P, S and the like.
    case other

    /// The class of an element.
    public init(_ element: Element) {
        switch element.rawValue {
        case 1: self = .hydrogen
        case 6: self = .carbon
        case 7: self = .nitrogen
        case 8: self = .oxygen
        case 9, 17, 35, 53, 85: self = .halogen
        default: self = element.isMetal ? .metal : .other
        }
    }
}
