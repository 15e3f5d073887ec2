/// What is wrong with the value of an option, by the manual pages that ``PBSDialect`` names.
struct PBSOptionCheck {
    private let dialect: PBSDialect

    init(_ dialect: PBSDialect) { self.dialect = dialect }

    func problems(of directive: PBSScript.Directive) -> [String] {
        if directive.option == "C" { return ["-C is for the command line only"] }
        // That it is missing has been said.
        guard let value = directive.value else { return [] }
        switch directive.option {
        case "N": return name(value)
        case "l": return resources(value)
        case dialect.arrayOption: return array(value)
        case "j": return oneOf(["oe", "eo", "n"], "-j", value)
        case "r": return oneOf(["y", "n"], "-r", value)
        case "p":
            return (Int(value).map { (-1024...1023).contains($0) } ?? false) ? [] : ["-p \(value): from -1024 to 1023"]
        default: return []
        }
    }

    private func name(_ name: String) -> [String] {
        var found: [String] = []
        if name.count > dialect.mostCharactersOfName {
            found.append("the name has \(name.count) characters: \(dialect) takes \(dialect.mostCharactersOfName)")
        }
        if let first = name.first, !dialect.mayBeginName(first) { found.append("the name begins with \"\(first)\"") }
        // As `isgraph` says of ASCII.
        if name.isEmpty || !name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            found.append("the name \"\(name)\" is not of printable characters alone")
        }
        return found
    }

    private func resources(_ value: String) -> [String] {
        let resources = PBSResources(value)
        var found = resources.unreadable.map { "\"\($0)\" of -l is not name=value" }
        for (name, value) in resources.fields {
            switch name {
            case "walltime": if !isTime(value) { found.append("walltime=\(value) is not HH:MM:SS") }
            case "select" where dialect == .torque: found.append("torque has no select: nodes=N:ppn=P")
            case "select", "nodes":
                if resources.chunks == nil { found.append("\(name)=\(value) cannot be read") }
            case "mem", "pmem", "vmem", "pvmem": if !isSize(value) { found.append("\(name)=\(value) is not a size") }
            default: break
            }
        }
        if dialect == .pbspro {
            for chunk in resources.chunks ?? [] {
                for field in chunk.resources where field.hasPrefix("mem=") && !isSize(String(field.dropFirst(4))) {
                    found.append("\(field) is not a size")
                }
            }
        }
        if ["select", "nodes"].allSatisfy({ name in resources.fields.contains { $0.name == name } }) {
            found.append("both select and nodes")
        }
        return found
    }

    /// `HH:MM:SS`, with more digits for many hours.
    private func isTime(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            return false
        }
        return parts[0].count >= 2 && parts[1...].allSatisfy { $0.count == 2 && $0 < "60" }
    }

    /// A number of bytes or words: `4gb`, `512mb`, `1000`.
    private func isSize(_ text: String) -> Bool {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units = ["", "k", "m", "g", "t", "p"].flatMap { [$0 + "b", $0 + "w"] } + [""]
        return !digits.isEmpty && units.contains(text.dropFirst(digits.count).lowercased())
    }

    /// OpenPBS: `X-Y[:Z][%most at once]`. Torque: numbers and ranges with commas between them, `[%most at once]`.
    private func array(_ text: String) -> [String] {
        let wrong = ["-\(dialect.arrayOption) \(text): \(dialect == .pbspro ? "X-Y[:Z][%N], X below Y" : "0-9,12[%N]")"]
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || isPositive(parts[1]) else { return wrong }
        switch dialect {
        case .pbspro:
            let steps = parts[0].split(separator: ":", omittingEmptySubsequences: false)
            guard steps.count <= 2, steps.count == 1 || isPositive(steps[1]) else { return wrong }
            return bounds(steps[0]).map { $0 < $1 } ?? false ? [] : wrong
        case .torque:
            let items = parts[0].split(separator: ",", omittingEmptySubsequences: false)
            return items.allSatisfy { number($0) != nil || bounds($0).map { $0 <= $1 } ?? false } ? [] : wrong
        }
    }

    private func bounds(_ text: Substring) -> (Int, Int)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(number)
        guard ends.count == 2, let first = ends[0], let last = ends[1] else { return nil }
        return (first, last)
    }

    private func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private func isPositive(_ text: Substring) -> Bool { number(text).map { $0 > 0 } ?? false }

    private func oneOf(_ values: [String], _ option: String, _ value: String) -> [String] {
        values.contains(value) ? [] : ["\(option) \(value): one of \(values.joined(separator: ", "))"]
    }
}
