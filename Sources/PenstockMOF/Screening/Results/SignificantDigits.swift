internal import Foundation

/// A number rounded to so many significant decimal digits; zero for what is not a finite number.
func significant(_ number: Double, digits: Int) -> Double {
    guard number.isFinite else { return 0 }
    return Double(String(format: "%.\(digits - 1)e", number)) ?? 0
}
