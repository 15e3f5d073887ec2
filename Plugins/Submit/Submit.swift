/// `swift package submit PRODUCT …`: builds a pipeline and has it submit itself to a batch queue.
@main struct Submit: PipelineVerb {
    static let verb = "submit"
}
