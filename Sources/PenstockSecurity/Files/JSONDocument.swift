internal import PenstockEvents

/// The errors of a file of JSON: each names the file, and the line or the member.
struct JSONDocument {
    let path: String

    /// The object that is all of the file.
    func object(_ bytes: [UInt8]) throws(SecurityError) -> UniqueMembers {
        do { return try members(JSONParser.parse(bytes), "the file") } catch let error as JSONError {
            let before = bytes.prefix(error.position)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
            throw SecurityError(
                .invalidFile, "\(path), line \(line), column \(column): \(error.problem)",
                hint: "the file has to be JSON")
        } catch let error as SecurityError {
            throw error
        } catch {
            throw SecurityError(.invalidFile, "\(path) cannot be read as JSON")
        }
    }

    /// The members of a value that has to be an object.
    func members(_ value: JSON, _ place: String) throws(SecurityError) -> UniqueMembers {
        guard case .object(let all) = value else { throw invalid(place, "has to be an object") }
        guard let members = UniqueMembers(value) else {
            var names: Set<String> = []
            let twice = all.first { !names.insert($0.name).inserted }?.name ?? ""
            throw invalid(place, "has \(SecurityError.quoted(twice)) twice")
        }
        return members
    }

    func invalid(_ place: String, _ problem: String, hint: String? = nil) -> SecurityError {
        SecurityError(.invalidFile, "\(path): \(place) \(problem)", hint: hint)
    }
}
