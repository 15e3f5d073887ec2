public import Penstock
public import PenstockEngine

/// A row of a window.
public protocol WindowRow: Sendable {
    /// The window.
    var window: WindowSpan { get }
    /// Which of the rows of its window it is: its number, when it came, whether others can follow, and whether the window had all of its events.
    var pane: Pane { get }
}

extension Counted: WindowRow {}
extension Summed: WindowRow {}
extension Averaged: WindowRow {}
extension Extreme: WindowRow {}
extension KeyedResult: WindowRow {}
extension Windowed: WindowRow {}
