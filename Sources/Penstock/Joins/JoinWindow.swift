public import PenstockEngine

/// The windows in which events of two streams find each other.
///
/// ```swift
/// Join(orders, payments, on: \.number, \.order, within: .tumbling(.seconds(60))) { (o: Order, p: Payment) in … }
/// ```
public struct JoinWindow: Sendable {
    @usableFromInline let windows: TimeWindows

    /// Windows of `size` of event time that follow each other and begin at multiples of it, shifted by `offset`.
    public static func tumbling(_ size: Duration, offset: Duration = .zero) -> JoinWindow {
        sliding(size, every: size, offset: offset)
    }

    /// Windows of `size` of event time that begin every `every`, shifted by `offset`.
    public static func sliding(_ size: Duration, every: Duration, offset: Duration = .zero) -> JoinWindow {
        JoinWindow(
            windows: TimeWindows(size: size.nanoseconds, every: every.nanoseconds, offset: offset.nanoseconds))
    }
}
