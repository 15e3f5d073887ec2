/// A straight dicarboxylate linker: a backbone, and groups in place of some of its hydrogens.
public struct Linker: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// How many of the hydrogens that can be replaced are.
    public enum Pattern: String, Sendable, Hashable, CaseIterable {
        /// One, next to a carboxylate where there is a place.
        case one = "1"
        /// That one and the farthest from it.
        case two = "2"
        /// All.
        case all = "n"
    }

    /// Groups on a backbone.
    public struct Decoration: Sendable, Hashable {
        /// The group.
        public let substituent: Substituent
        /// Where it is.
        public let pattern: Pattern

        /// A group, and where it is.
        public init(_ substituent: Substituent, _ pattern: Pattern) {
            (self.substituent, self.pattern) = (substituent, pattern)
        }
    }

    /// The skeleton.
    public let backbone: Backbone
    /// What decorates it; nil for hydrogen everywhere.
    public let decoration: Decoration?

    /// A linker.
    public init(_ backbone: Backbone, _ decoration: Decoration? = nil) {
        (self.backbone, self.decoration) = (backbone, decoration)
    }

    /// The backbone, the pattern and the group, such as `biphenyl-2NO2`.
    public var description: String {
        backbone.rawValue + (decoration.map { "-\($0.pattern.rawValue)\($0.substituent.rawValue)" } ?? "")
    }

    /// By the description.
    public static func < (left: Linker, right: Linker) -> Bool { left.description < right.description }

    /// All backbones with all groups in all patterns, but for those of which the groups are too close to each other or to the rest.
    ///
    /// Linkers that are the same by symmetry or by number of sites are there once. The order is that of the descriptions.
    public static let library: [Linker] = Backbone.allCases.flatMap { backbone -> [Linker] in
        let sites = backbone.units.reduce(0) { $0 + $1.sites.count }
        let patterns = Pattern.allCases.filter { $0 == .one ? sites > 0 : $0 == .two ? sites > 1 : sites > 2 }
        let decorated = Substituent.allCases.flatMap { group in
            patterns.map { Linker(backbone, Decoration(group, $0)) }
        }
        return [Linker(backbone)] + decorated
    }.filter { !LinkerGeometry($0).isCrowded }.sorted()
}
