package import Foundation
import Glibc

/// A directory for one account alone, also where everybody may make directories, as in `/tmp`.
package enum PrivateDirectory {
    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// Makes the directory for `owner`, nil for our own account, or takes one that we made before; refuses one that is
    /// anybody else's, or that anybody else may enter, and a link.
    package static func prepare(_ url: URL, owner: ChildLaunch.Account? = nil) throws(Failure) {
        let path = url.standardizedFileURL.path(percentEncoded: false)
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if mkdir(trimmed, 0o700) != 0, errno != EEXIST {
            throw Failure(description: "\(trimmed) can't be made: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard lstat(trimmed, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            status.st_uid == geteuid() || status.st_uid == owner?.user, status.st_mode & 0o077 == 0
        else {
            throw Failure(
                description:
                    "\(trimmed) is not a directory of this account alone (mode 0700); remove it, for somebody else "
                    + "may have made it")
        }
        if let owner, status.st_uid != owner.user, lchown(trimmed, owner.user, owner.group) != 0 {
            throw Failure(description: "\(trimmed) can't be given to its account: \(String(cString: strerror(errno)))")
        }
    }
}
