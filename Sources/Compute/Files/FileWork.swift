import Foundation
import Glibc

/// Makes a folder with its parents, open to this account only.
func makeFolder(_ url: URL) throws(ComputeError) {
    do {
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
        throw ComputeError(
            .exhausted, "could not make the folder \(url.lastPathComponent): \(error.localizedDescription)")
    }
}

/// Free bytes on the disk of a folder that are for everybody; nil where they can't be told.
func roomOnDisk(of folder: URL) -> Int64? {
    var status = statvfs()
    guard statvfs(folder.path(percentEncoded: false), &status) == 0 else { return nil }
    let (bytes, overflows) = Int64(clamping: status.f_bavail).multipliedReportingOverflow(
        by: Int64(clamping: status.f_frsize))
    return overflows ? .max : bytes
}

func writeFile(_ data: Data, _ url: URL) throws(ComputeError) {
    do {
        try data.write(to: url, options: .atomic)
    } catch {
        throw ComputeError(.exhausted, "could not write \(url.lastPathComponent): \(error.localizedDescription)")
    }
}
