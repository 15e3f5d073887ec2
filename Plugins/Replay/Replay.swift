/// `swift package replay PRODUCT …`: builds a pipeline and has it work on what an earlier run recorded.
@main struct Replay: PipelineVerb {
    static let verb = "replay"
}
