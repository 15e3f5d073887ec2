import Foundation
import PenstockFormats

/// The bytes of a file.
func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The error that `body` throws, or nil.
func formatError(_ body: () throws -> Void) -> FormatError? {
    do { try body() } catch { return error as? FormatError }
    return nil
}
