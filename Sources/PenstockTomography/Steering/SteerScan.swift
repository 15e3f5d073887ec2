internal import Penstock
public import PenstockEvents
public import PenstockLog

/// What became of a steering.
public struct SteeredScan: Sendable, Hashable {
    /// The scan that took it.
    public let scan: ScanID
    /// The projection from which on it holds; for a stop the number of projections that the scan has.
    public let projection: Int
}

extension LogStore {
    /// Changes the scan that is recorded in this log at the moment, and waits until its source has taken the change.
    ///
    /// - Parameters:
    ///   - steering: The changes; it gets a number of its own.
    ///   - input: The topic of steerings, one of `SteeringTopics.inputs` of the run.
    ///   - recording: The topic in which the run records the scan.
    ///   - timeout: How long to wait.
    /// - Throws: `TomographyError.noRunningScan` where nobody records; `centreOutside` or `rowOutside` for what is not on the detector;
    ///   `steeringNotTaken` when the time is over; `LogError`, with code `partitionOwned` while another process steers.
    public func steer(
        _ steering: Steering, through input: String = "steering", recording: String = "projections", timeout: Duration
    ) async throws -> SteeredScan {
        guard try await topics().contains(recording), try await owners(of: recording).contains(where: { $0 != nil })
        else { throw TomographyError.noRunningScan }
        if let scan = try await scans(in: recording).last, scan.endOffset == nil {
            try steering.check(scan.properties)
        }
        var steering = steering
        steering.id = UInt64.random(in: 1...UInt64.max)
        let reader = try await reader(for: TopicPartition(recording), from: .end)
        try await append(steering, to: input)
        defer { Task { await reader.close() } }
        return try await withThrowingTaskGroup(of: SteeredScan?.self) { group in
            group.addTask { [steering] in try await reader.place(of: steering.id) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let place = try await group.next() ?? nil else { throw TomographyError.steeringNotTaken(timeout) }
            return place
        }
    }

    private func append(_ steering: Steering, to topic: String) async throws(LogError) {
        _ = try await openTopic(topic, schema: Steering.schema, creatingWith: TopicConfiguration())
        let writer = try await sharedWriter(for: TopicPartition(topic))
        var batch = RecordBatchBuilder(schemaID: Steering.schema.id)
        batch.append(steering, time: SystemWallClock().now())
        do throws(LogError) { _ = try await writer.append(batch) } catch {
            try? await writer.close()
            throw error
        }
        try await writer.close()
    }
}

extension Steering {
    /// Looks whether all is on the detector of a scan with these properties, as far as they tell.
    fileprivate func check(_ properties: [String: String]) throws(TomographyError) {
        if let centre, let columns = properties["columns"].flatMap(Int.init),
            !(0...Double(columns - 1)).contains(centre)
        {
            throw .centreOutside(centre, columns: columns)
        }
        if let slices, let rows = properties["rows"].flatMap(Int.init) { _ = try slices.places(from: 0, count: rows) }
    }
}

extension TopicReader {
    /// Waits for the steering with a number among the frames.
    /// - Throws: `TomographyError.noRunningScan` where the scan ends without it; `LogError`.
    fileprivate func place(of id: UInt64) async throws -> SteeredScan {
        while true {
            switch try await following() {
            case .records(let records):
                for index in 0..<records.count {
                    let frame = try records.event(Frame.self, at: index)
                    guard frame.steering?.id == id else { continue }
                    return SteeredScan(scan: frame.scan, projection: frame.index)
                }
            case .control(.scanEnd, _): throw TomographyError.noRunningScan
            case .control: continue
            }
        }
    }
}
