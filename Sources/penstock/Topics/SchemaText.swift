internal import PenstockEvents

/// Schemas on the command line.
enum SchemaText {
    /// Reads a schema.
    /// - Throws: `CommandError` that shows the place of the mistake.
    static func parse(_ text: String) throws -> Schema {
        do throws(SchemaError) {
            return try Schema(parsing: text)
        } catch {
            // What stands on the line is what the reader sees: one character for each, however it is written.
            let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
            let marker = String(repeating: " ", count: error.position) + "^"
            let place = text.isEmpty ? "" : "\n  \(line)\n  \(marker)"
            throw CommandError(
                .usage, "the schema is wrong at character \(error.position + 1): \(error.problem)\(place)",
                hint: "a schema looks like 'Reading@1 { sensor: u64; value: f64 (K) }'")
        }
    }
}
