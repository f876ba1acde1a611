import Foundation

/// A folder of entries that can be made again: the least recently used ones go when there are too many.
struct CacheFolder: Sendable {
    var folder: URL
    var limit: Int

    /// Notes that an entry was just used.
    func touch(_ entry: String) {
        let path = folder.appending(path: entry).path(percentEncoded: false)
        // Only the order of removal depends on it.
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    }

    /// Removes entries beyond the limit, oldest first, but none of `inUse`. Lock and log files of an entry go with it.
    func trim(keeping inUse: Set<String>) {
        let keys: Set<URLResourceKey> = [.contentModificationDateKey, .isDirectoryKey]
        // What can't be listed or removed now is tried again at the next trim.
        let urls = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))
        let entries = (urls ?? []).compactMap { url -> (name: String, used: Date)? in
            guard let values = try? url.resourceValues(forKeys: keys), let used = values.contentModificationDate,
                url.pathExtension != "lock", values.isDirectory == true || url.pathExtension != "log"
            else { return nil }
            return (url.lastPathComponent, used)
        }
        guard entries.count > limit else { return }
        let removable = entries.filter { !inUse.contains($0.name) }.sorted { $0.used < $1.used }
        for entry in removable.prefix(entries.count - limit) {
            for name in [entry.name, entry.name + ".log"] {
                try? FileManager.default.removeItem(at: folder.appending(path: name))
            }
        }
    }
}
