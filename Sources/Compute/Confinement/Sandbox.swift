import Foundation
import Resources

/// The command line that runs a program of somebody else's so that it has nothing but what is named here.
///
/// In namespaces there are two steps: `sluice-confine` writes the process id down, takes the account and becomes
/// bubblewrap, which waits outside and makes the inside; there `sluice-confine` sets limits and the filter and becomes
/// the program. With Landlock one step does all. Everything is seen at its own path.
struct Sandbox: Sendable {
    /// The programs that confine.
    struct Tools: Sendable, Equatable {
        var confine: String
        var bubblewrap: String
    }

    var mode: IsolationMode
    var tools: Tools
    var layout: SystemLayout
    /// Nil for our own.
    var account: ChildLaunch.Account?
    var confinement: Confinement
    /// Read and executed, with all below.
    var readable: [String] = []
    /// The program's own, with all below.
    var writable: [String] = []
    /// Folder with the files `passwd` and `group` that stand for those of `/etc`; nil for none.
    var identities: String?
    /// A writable folder that is `/tmp` as well, inside namespaces.
    var temporary: String?
    /// A file for the id of the first process.
    var record: String?
    /// The file `cgroup.procs` of a control group for the program; nil for none.
    var group: String?
    /// Whether the program takes over a listening socket.
    var listens = false
    /// The descriptor of a file that holds the program's variables; nil for those of the launch.
    var environment: Int32?
    var workingDirectory: String

    func command(_ program: [String]) -> [String] {
        switch mode {
        case .namespaces:
            [tools.confine] + recording + becoming + ["--ignore-terminate", "--", tools.bubblewrap]
                + namespaces
                + ["--", tools.confine] + restrictions + ["--scope", "--filter", "--"] + program
        case .landlock:
            [tools.confine] + recording + becoming + restrictions + landlock + ["--"] + program
        case .none:
            [tools.confine] + recording + listening + ["--"] + program
        }
    }

    private var recording: [String] {
        (record.map { ["--record", $0] } ?? []) + (group.map { ["--join", $0] } ?? [])
    }
    private var becoming: [String] { account.map { ["--account", "\($0.user):\($0.group)"] } ?? [] }
    private var listening: [String] {
        (environment.map { ["--environment", "\($0)"] } ?? []) + (listens ? ["--listen"] : [])
    }

    private var restrictions: [String] {
        let limits = confinement.limits
        var arguments = ["--oom-score", "500", "--limit", "core=0", "--limit", "open-files=\(limits.openFiles)"]
        arguments += ["--limit", "file-size=\(limits.diskBytes)"]
        // Without namespaces and an account of its own, what else this account runs would count.
        if mode == .namespaces || account != nil { arguments += ["--limit", "processes=\(limits.processes)"] }
        return arguments + listening
    }

    private var namespaces: [String] {
        var arguments = [
            "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
            "--disable-userns",
        ]
        if confinement.network == .none { arguments.append("--unshare-net") }
        for folder in layout.folders { arguments += ["--ro-bind", folder, folder] }
        for (path, target) in layout.links.sorted(by: { $0.key < $1.key }) { arguments += ["--symlink", target, path] }
        for file in layout.settings { arguments += ["--ro-bind-try", file, file] }
        if let identities {
            arguments += ["--ro-bind", "\(identities)/passwd", "/etc/passwd"]
            arguments += ["--ro-bind", "\(identities)/group", "/etc/group"]
        }
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        for device in layout.devices { arguments += ["--dev-bind-try", device, device] }
        arguments += ["--ro-bind-try", "/sys/devices/system", "/sys/devices/system"]
        arguments += ["--size", "\(sharedMemoryBytes)", "--perms", "1777", "--tmpfs", "/dev/shm"]
        if let temporary {
            arguments += ["--bind", temporary, "/tmp"]
        } else {
            arguments += ["--size", "\(64 << 20)", "--perms", "1777", "--tmpfs", "/tmp"]
        }
        for path in readable where !layout.shows(path) { arguments += ["--ro-bind", path, path] }
        if !layout.shows(tools.confine) { arguments += ["--ro-bind", tools.confine, tools.confine] }
        for path in writable { arguments += ["--bind", path, path] }
        // Both are in memory, of no bounded size.
        arguments += ["--remount-ro", "/dev"]
        if confinement.hasReadOnlyRoot { arguments += ["--remount-ro", "/"] }
        return arguments + ["--chdir", workingDirectory]
    }

    /// POSIX shared memory counts for the memory limit; where there is none, for half a gibibyte.
    private var sharedMemoryBytes: Int64 {
        confinement.limits.memoryBytes > 0 ? confinement.limits.memoryBytes / 2 : 512 << 20
    }

    private var landlock: [String] {
        var arguments = ["--subreaper"]
        for folder in layout.folders + layout.links.keys.sorted() + layout.settings { arguments += ["--read", folder] }
        // The kernel shows only what is the program's own of what matters there: its domain may not look into others.
        arguments += ["--read", "/proc", "--read", "/sys/devices/system"]
        for device in ["null", "zero", "full", "random", "urandom", "tty"] {
            arguments += ["--device", "/dev/\(device)"]
        }
        for device in layout.devices { arguments += ["--device", device] }
        for path in readable + [tools.confine] { arguments += ["--read", path] }
        for path in writable { arguments += ["--write", path] }
        arguments += ["--scope", "--filter", "--no-unix-sockets"]
        // Landlock does not guard modes and owners, and the account's other files lie open to it.
        return account == nil ? arguments + ["--same-account"] : arguments
    }
}
