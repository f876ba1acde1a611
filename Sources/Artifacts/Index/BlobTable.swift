/// A container's blobs in memory: by name, and the names in the order of their bytes.
struct BlobTable {
    private var records: [BlobName: BlobRecord] = [:]
    private var names: [BlobName] = []

    var count: Int { records.count }
    /// In the order of the names.
    var all: [BlobRecord] { names.compactMap { records[$0] } }

    subscript(name: BlobName) -> BlobRecord? { records[name] }

    mutating func apply(_ entries: [IndexEntry]) {
        // Sorting once beats inserting one by one when a journal is loaded.
        let rebuild = entries.count > 64
        for entry in entries {
            if let record = entry.put {
                let isNew = records.updateValue(record, forKey: record.name) == nil
                if isNew && !rebuild { names.insert(record.name, at: lowerBound(record.name)) }
            } else if let name = entry.delete, records.removeValue(forKey: name) != nil, !rebuild {
                names.remove(at: lowerBound(name))
            }
        }
        if rebuild { names = records.keys.sorted() }
    }

    mutating func removeAll() { self = BlobTable() }

    /// All blobs whose names start with `prefix`, in order.
    func records(withPrefix prefix: String) -> [BlobRecord] {
        let start = lowerBound(BlobName(unchecked: prefix))
        return names[start...].prefix { $0.hasPrefix(prefix) }.compactMap { records[$0] }
    }

    func containsAny(withPrefix prefix: String) -> Bool {
        let start = lowerBound(BlobName(unchecked: prefix))
        return start < names.count && names[start].hasPrefix(prefix)
    }

    /// One page of a listing; see `BlobListing`.
    func list(_ query: BlobListing.Query) -> BlobListing {
        var listing = BlobListing()
        var index = lowerBound(BlobName(unchecked: query.prefix))
        if let start = query.start { index = max(index, lowerBound(start)) }
        while index < names.count, names[index].hasPrefix(query.prefix) {
            if listing.items.count == query.limit {
                listing.next = names[index]
                break
            }
            if let folder = folder(of: names[index], in: query) {
                listing.items.append(.prefix(folder))
                index = endOfFolder(folder, from: index)
            } else if let record = records[names[index]] {
                listing.items.append(.blob(record))
                index += 1
            }
        }
        return listing
    }

    /// The name up to and with the first delimiter after the prefix.
    private func folder(of name: BlobName, in query: BlobListing.Query) -> String? {
        let delimiter = Array(query.delimiter.utf8)
        guard !delimiter.isEmpty else { return nil }
        let bytes = Array(name.value.utf8)
        var index = query.prefix.utf8.count
        while index + delimiter.count <= bytes.count {
            if bytes[index..<(index + delimiter.count)].elementsEqual(delimiter) {
                return String(decoding: bytes[..<(index + delimiter.count)], as: UTF8.self)
            }
            index += 1
        }
        return nil
    }

    /// The first name after those of the folder, by bisection: a folder may hold most of the container.
    private func endOfFolder(_ folder: String, from start: Int) -> Int {
        var (low, high) = (start, names.count)
        while low < high {
            let middle = low + (high - low) / 2
            if names[middle].hasPrefix(folder) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func lowerBound(_ name: BlobName) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = low + (high - low) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
