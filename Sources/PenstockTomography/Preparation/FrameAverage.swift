public import Penstock

/// How the frames of a set of flats or darks become one.
public enum FrameAverage: String, Sendable, Hashable, CaseIterable, ExpressibleByArgument {
    /// The mean: the least noise.
    case mean
    /// The median, of an even number the mean of the two in the middle: frames with zingers or a moment without beam do no harm.
    case median
}

/// Which flats a projection is normalised by where there are several sets of them.
public enum FlatTiming: String, Sendable, Hashable, CaseIterable, ExpressibleByArgument {
    /// The latest set before the projection.
    case latest
    /// The sets before and behind the projection, each the more the nearer it is in time. Projections wait for the set behind them, or for
    /// the end of the scan.
    case interpolated
}
