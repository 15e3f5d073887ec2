internal import PenstockEvents

/// A topic as its writer knows it. The writer looks at the description again at every new segment; until then a change does not
/// reach it.
final class LiveTopic: Sendable {
    let schema: Schema
    private let file: String
    private let storage: any Storage
    private let current: Guarded<TopicConfiguration>

    /// The configuration as of the last look.
    var configuration: TopicConfiguration { current.withLock { $0 } }

    /// - Parameter directory: the topic's.
    init(_ topic: TopicDescriptor, in directory: String, storage: any Storage) {
        schema = topic.schema
        file = directory + "/" + TopicDescriptor.fileName
        self.storage = storage
        current = Guarded(topic.configuration)
    }

    /// Looks at the description again. One that cannot be read changes nothing: whoever opens the topic next will hear of it.
    func refresh() {
        guard let bytes = try? storage.contents(of: file, limit: TopicDescriptor.byteLimit),
            let topic = try? TopicDescriptor(bytes, file: file)
        else { return }
        current.withLock { $0 = topic.configuration }
    }
}
