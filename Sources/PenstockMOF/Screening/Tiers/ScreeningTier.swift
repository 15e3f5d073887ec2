/// A step of a screening: a function of the file, its own parameters and what earlier tiers found, and of nothing else.
///
/// Tiers come in the order of their cost, so that what is expensive is not done for structures that are out already.
public protocol ScreeningTier: Sendable {
    /// What the result depends on besides the file and earlier tiers: the tier's name and version, and its parameters, in words. Two tiers of one
    /// identity have the same results; the version goes up when the code gives other ones.
    var identity: String { get }

    /// Adds to the result. What is thrown becomes the structure's reason to have failed.
    func screen(_ file: StructureFile, _ result: inout ScreeningResult) throws
}

/// What goes through the tiers: a candidate, or something that has one and more to say of it.
public protocol Screenable: Sendable {
    /// The structure, and what was found of it so far.
    var candidate: Candidate { get set }
}

extension Candidate: Screenable {
    /// Itself.
    public var candidate: Candidate {
        get { self }
        set { self = newValue }
    }
}
