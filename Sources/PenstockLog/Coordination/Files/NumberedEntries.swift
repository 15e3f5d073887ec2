internal import PenstockEvents

/// Entries of keys, numbered from 1 without a gap: the highest one counts. An entry is published as a whole and by one process only, and
/// never changes; the highest one of a key is never removed, so that its number is never used again.
///
/// An entry is a folder named by its number, with one file in it. It is made elsewhere and then renamed: a rename to a folder that is there
/// and not empty fails, on every file system, so of two who publish the same number one succeeds, and nobody sees half of an entry.
struct NumberedEntries {
    private static let numberDigits = 20
    private static let endedSuffix = ".ended"
    /// The longest content and its checksum.
    private static let byteLimit = CoordinationLimits.valueBytes + 16

    /// What the files of a key say without being opened.
    struct Listing {
        var numbers: [UInt64] = []
        var ended: [UInt64] = []

        /// The number of the entry that counts; 0 where there is none.
        var highest: UInt64 { numbers.max() ?? 0 }
        var highestHasEnded: Bool { ended.contains(highest) }
    }

    let storage: any Storage
    /// The folder with a folder for each key.
    let directory: String
    /// Older entries that stay: a listing that is made while entries are published and removed sees one of these.
    let keptEntries: UInt64

    /// The entries of a key.
    func list(_ key: CoordinationKey) throws(StorageError) -> Listing {
        var listing = Listing()
        do {
            for name in try storage.list(folder(of: key)) {
                if name.hasSuffix(Self.endedSuffix) {
                    if let number = UInt64(name.dropLast(Self.endedSuffix.count)) { listing.ended.append(number) }
                } else if let number = UInt64(name) {
                    listing.numbers.append(number)
                }
            }
        } catch {
            guard error.reason == .notFound else { throw error }
        }
        return listing
    }

    /// The content of an entry; nil where it is being removed, because there are much higher ones, or was emptied by somebody else.
    func content(of key: CoordinationKey, _ number: UInt64) throws(StorageError) -> [UInt8]? {
        let folder = path(of: key, number)
        do {
            guard let name = try storage.list(folder).first else { return nil }
            return try storage.contents(of: "\(folder)/\(name)", limit: Self.byteLimit)
        } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }

    /// Publishes an entry that was made in the folder `draft`; false where another process has published one of the same number.
    ///
    /// - Parameters:
    ///   - draft: a folder that is not there yet, of this process alone.
    ///   - name: names the entry's file; differs from that of every other entry.
    func publish(
        _ content: [UInt8], as number: UInt64, of key: CoordinationKey, draft: String, name: String
    ) throws(StorageError) -> Bool {
        // Whoever published the first entry has made its folder safe before that.
        if number == 1 { try storage.makeDirectory(folder(of: key), in: directory) }
        let target = path(of: key, number)
        do {
            try storage.createDirectory(draft)
            let file = try storage.open("\(draft)/\(name)", .createNew)
            try content.withRawBytes { bytes throws(StorageError) in try file.write([bytes], at: 0) }
            try file.sync()
            try storage.syncDirectory(draft)
            try storage.rename(draft, to: target)
        } catch {
            // On a network the answer may have been lost, and the question asked again by the system.
            guard try storage.kind(of: "\(target)/\(name)") == .file else {
                storage.removeTree(draft)
                if error.reason == .notEmpty || error.reason == .alreadyExists { return false }
                throw error
            }
        }
        try storage.syncDirectory(folder(of: key))
        return true
    }

    /// Notes that an entry has served its time; without effect where that was noted before.
    func end(_ number: UInt64, of key: CoordinationKey) throws(StorageError) {
        do {
            _ = try storage.open(path(of: key, number) + Self.endedSuffix, .createNew)
            try storage.syncDirectory(folder(of: key))
        } catch {
            guard error.reason == .alreadyExists else { throw error }
        }
    }

    /// Removes what lies so far below the highest entry that nobody needs it, as far as that is possible.
    func removeOld(_ listing: Listing, of key: CoordinationKey) {
        let highest = listing.highest
        for number in listing.numbers where number + keptEntries < highest {
            storage.removeTree(path(of: key, number))
        }
        for number in listing.ended where number + keptEntries < highest {
            try? storage.remove(path(of: key, number) + Self.endedSuffix)
        }
    }

    /// The keys that begin with `prefix`, sorted.
    func keys(under prefix: String) throws(StorageError) -> [CoordinationKey] {
        let prefix = Self.name(prefix)
        return try storage.list(directory).filter { $0.hasPrefix(prefix) }
            .compactMap { try? CoordinationKey(String($0.map { $0 == "+" ? "/" : $0 })) }
            .sorted()
    }

    /// The path of an entry.
    func path(of key: CoordinationKey, _ number: UInt64) -> String {
        let digits = String(number)
        return folder(of: key) + "/" + String(repeating: "0", count: Self.numberDigits - digits.utf8.count) + digits
    }

    private func folder(of key: CoordinationKey) -> String { directory + "/" + Self.name(key.description) }

    private static func name(_ text: String) -> String { String(text.map { $0 == "/" ? "+" : $0 }) }
}

extension Storage {
    /// Makes a folder that others may be making at the same time. Behind it, its name is safe from a power loss, whoever made it.
    func makeDirectory(_ path: String, in parent: String) throws(StorageError) {
        if try kind(of: path) == nil {
            do throws(StorageError) { try createDirectory(path) } catch {
                guard error.reason == .alreadyExists else { throw error }
            }
        }
        try syncDirectory(parent)
    }

    /// Removes a folder with its files, and folders of files, as far as that is possible.
    func removeTree(_ path: String) {
        for name in (try? list(path)) ?? [] {
            let inner = "\(path)/\(name)"
            if (try? kind(of: inner)) == .directory { removeTree(inner) } else { try? remove(inner) }
        }
        try? remove(path)
    }
}
