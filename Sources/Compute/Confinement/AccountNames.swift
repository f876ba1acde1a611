import Foundation
import Glibc

/// The files `passwd` and `group` that foreign code sees: its own account, and no other.
enum AccountNames {
    /// Nil for our own account.
    static func write(
        into folder: URL, named name: String, home: URL, _ account: ChildLaunch.Account?
    ) throws(ComputeError) {
        let user = account?.user ?? geteuid()
        let group = account?.group ?? getegid()
        let home = home.path(percentEncoded: false).replacing(":", with: "_")
        try writeFile(
            Data("\(name):x:\(user):\(group)::\(home):/usr/sbin/nologin\n".utf8), folder.appending(path: "passwd"))
        try writeFile(Data("\(name):x:\(group):\n".utf8), folder.appending(path: "group"))
    }
}
