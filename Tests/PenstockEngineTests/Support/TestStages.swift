import PenstockEvents

@testable import PenstockEngine

extension StageDescription {
    static func from(_ source: some Source) -> StageDescription {
        StageDescription(.source(AnySource(source)), label: "From")
    }

    static func to(_ sink: some Sink) -> StageDescription { StageDescription(.sink(AnySink(sink)), label: "To") }

    static func flow(_ flow: FlowDescription) -> StageDescription { StageDescription(.flow(flow), label: "Flow") }

    static func map<In, Out>(_ transform: @escaping @Sendable (In) throws -> Out) -> StageDescription {
        StageDescription(.map(mapKernel(transform)), label: "Map")
    }

    static func filter<Value>(_ condition: @escaping @Sendable (Value) throws -> Bool) -> StageDescription {
        StageDescription(.filter(filterKernel(condition)), label: "Filter")
    }

    static func keyBy<Value>(_ key: @escaping @Sendable (Value) -> Int64) -> StageDescription {
        StageDescription(.keyBy(keyKernel(key), keyType: "Int64"), label: "KeyBy")
    }

    static func keyBy<Value>(_ key: @escaping @Sendable (Value) -> String) -> StageDescription {
        StageDescription(.keyBy(keyKernel(key), keyType: "String"), label: "KeyBy")
    }

    static func aggregate(_ window: KeyedWindow, _ aggregate: Aggregate) -> StageDescription {
        StageDescription(.aggregate(window, aggregate), label: "Aggregate")
    }

    static func operation(_ operation: AnyOperator) -> StageDescription {
        StageDescription(.operation(operation), label: "Operation")
    }

    static func persist<E: Event>(_ topic: String, _ type: E.Type) -> StageDescription {
        StageDescription(.persist(topic: topic, codec: EventCodec(type)), label: "Persist")
    }

    static func from<E: Event>(_ topic: String, _ type: E.Type, disorder: Disorder = .ascending) -> StageDescription {
        StageDescription(.topicSource(topic: topic, codec: EventCodec(type), disorder: disorder), label: "From")
    }

    static func to<E: Event>(_ topic: String, _ type: E.Type) -> StageDescription {
        StageDescription(.topicSink(topic: topic, codec: EventCodec(type)), label: "To")
    }

    func named(_ name: String) -> StageDescription {
        var stage = self
        stage.name = name
        return stage
    }

    func parallelism(_ number: Int) -> StageDescription {
        var stage = self
        stage.parallelism = number
        return stage
    }
}

func mapKernel<In, Out>(_ transform: @escaping @Sendable (In) throws -> Out) -> MapKernel {
    MapKernel(output: ValueType(Out.self)) { rows, input, output in
        for k in 0..<rows.count {
            do {
                let value = try transform(input.assumingMemoryBound(to: In.self)[rows[k]])
                (output.assumingMemoryBound(to: Out.self) + rows[k]).initialize(to: value)
            } catch {
                return KernelOutcome(failedAt: k, error)
            }
        }
        return KernelOutcome(processed: rows.count)
    }
}

func filterKernel<Value>(_ condition: @escaping @Sendable (Value) throws -> Bool) -> FilterKernel {
    FilterKernel { rows, input, kept, count in
        for k in 0..<rows.count {
            do {
                kept[count] = UInt32(rows[k])
                if try condition(input.assumingMemoryBound(to: Value.self)[rows[k]]) { count += 1 }
            } catch {
                return KernelOutcome(failedAt: k, error)
            }
        }
        return KernelOutcome(processed: rows.count)
    }
}

func keyKernel<Value>(_ key: @escaping @Sendable (Value) -> Int64) -> KeyKernel {
    KeyKernel(fixedWidth: { rows, input, hashes in
        for k in 0..<rows.count {
            let value = input.assumingMemoryBound(to: Value.self)[rows[k]]
            hashes[rows[k]] = SplitMix64.mix(key(value).canonicalInteger)
        }
        return KernelOutcome(processed: rows.count)
    })
}

func keyKernel<Value>(_ key: @escaping @Sendable (Value) -> String) -> KeyKernel {
    KeyKernel(bytes: { rows, input, hashes, arena in
        for k in 0..<rows.count {
            let value = input.assumingMemoryBound(to: Value.self)[rows[k]]
            hashes[rows[k]] = arena.append(key(value), row: rows[k])
        }
        return KernelOutcome(processed: rows.count)
    })
}
