public import PenstockEvents
public import PenstockFormats

/// Errors of file formats, told like all others.
extension FormatError: Diagnostic {
    /// The kind of failure.
    public var category: FailureCategory {
        switch code {
        case .notFound, .notReadable: .noInput
        case .wrongFormat, .missingDataset, .missingColumn, .wrongShape, .wrongType, .truncated, .malformedRow,
            .tooLarge:
            .data
        case .unsupportedFilter: .unavailable
        case .readFailed, .cannotCreate, .exists, .writeFailed, .diskFull: .inputOutput
        }
    }
}
