public import PenstockEngine

/// The windows in which events of two streams find each other.
///
/// ```swift
/// Join(orders, payments, on: \.number, \.order, within: .tumbling(.seconds(60))) { (o: Order, p: Payment) in … }
/// ```
public struct JoinWindow: Sendable {
    private enum Rule: Sendable {
        case time(TimeWindows)
        case session(Int64)
    }

    private let rule: Rule

    /// Windows of `size` of event time that follow each other and begin at multiples of it, shifted by `offset`.
    public static func tumbling(_ size: Duration, offset: Duration = .zero) -> JoinWindow {
        sliding(size, every: size, offset: offset)
    }

    /// Windows of `size` of event time that begin every `every`, shifted by `offset`.
    public static func sliding(_ size: Duration, every: Duration, offset: Duration = .zero) -> JoinWindow {
        JoinWindow(
            rule: .time(
                TimeWindows(size: size.nanoseconds, every: every.nanoseconds, offset: offset.nanoseconds)))
    }

    /// Sessions of both sides together: events of a key, on either side, that follow each other within `gap`.
    public static func session(gap: Duration) -> JoinWindow { JoinWindow(rule: .session(gap.nanoseconds)) }

    /// The operator that joins in these windows.
    @usableFromInline func operation(allowedLateness: Duration, _ kernel: JoinKernel) -> AnyOperator {
        switch rule {
        case .time(let windows):
            AnyOperator(joining: windows, allowedLateness: allowedLateness.nanoseconds, kernel)
        case .session(let gap):
            AnyOperator(joining: .session(gap: gap), allowedLateness: allowedLateness.nanoseconds, kernel)
        }
    }
}
