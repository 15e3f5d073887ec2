/// The version of this software.
public enum PenstockVersion {
    /// The version, by semver.org.
    public static let current = "0.1.0"
}
