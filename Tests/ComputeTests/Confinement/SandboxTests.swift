import Resources
import Testing

@testable import Compute

/// The command lines, without running any.
@Suite struct SandboxTests {
    private func sandbox(_ mode: IsolationMode, account: ChildLaunch.Account? = nil) -> Sandbox {
        var sandbox = Sandbox(
            mode: mode, tools: Sandbox.Tools(confine: "/opt/s/confine", bubblewrap: "/usr/bin/bwrap"),
            layout: SystemLayout(
                folders: ["/usr"], links: ["/lib": "usr/lib"], settings: ["/etc/hosts"], devices: ["/dev/nvidia0"]),
            account: account,
            confinement: Confinement(
                limits: Confinement.Limits(memoryBytes: 1 << 30, processes: 50, openFiles: 100, diskBytes: 1 << 20)),
            workingDirectory: "/d/r/code")
        sandbox.readable = ["/d/env", "/usr/bin"]
        sandbox.writable = ["/d/r/code", "/d/r/home"]
        sandbox.identities = "/d/r/etc"
        sandbox.temporary = "/d/r/tmp"
        sandbox.record = "/d/r/pid"
        sandbox.listens = true
        sandbox.environment = 4
        return sandbox
    }

    private func line(_ sandbox: Sandbox) -> String {
        sandbox.command(["/d/env/bin/python", "x y"]).joined(separator: " ")
    }

    @Test func `in namespaces bubblewrap waits outside and the filter is set inside`() {
        let line = line(sandbox(.namespaces, account: ChildLaunch.Account(user: 7, group: 8)))
        #expect(
            line.hasPrefix(
                "/opt/s/confine --record /d/r/pid --account 7:8 --ignore-terminate -- /usr/bin/bwrap --unshare-user "
            ))
        #expect(
            line.hasSuffix(
                "--chdir /d/r/code -- /opt/s/confine --oom-score 500 --limit core=0 --limit open-files=100 "
                    + "--limit file-size=1048576 --limit processes=50 --environment 4 --listen --scope --filter -- /d/env/bin/python x y"
            ))
        // A replica outlives the control plane.
        #expect(!line.contains("--die-with-parent") && !line.contains("--unshare-net"))
    }

    @Test(arguments: [
        "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--disable-userns", "--proc /proc", "--dev /dev",
        "--ro-bind /usr /usr", "--symlink usr/lib /lib", "--ro-bind-try /etc/hosts /etc/hosts",
        "--ro-bind /d/r/etc/passwd /etc/passwd", "--bind /d/r/tmp /tmp", "--ro-bind /d/env /d/env",
        "--bind /d/r/code /d/r/code", "--dev-bind-try /dev/nvidia0 /dev/nvidia0",
        "--size 536870912 --perms 1777 --tmpfs /dev/shm", "--remount-ro /dev --remount-ro /",
    ])
    func `namespaces hold what is named and nothing else`(part: String) {
        let line = line(sandbox(.namespaces))
        #expect(line.contains(" \(part) "))
        // Shown already with the system's own folders.
        #expect(!line.contains("--ro-bind /usr/bin /usr/bin"))
        #expect(!line.contains("--account"))
    }

    @Test func `no network is a namespace of its own`() {
        var sandbox = sandbox(.namespaces)
        sandbox.confinement.network = .none
        #expect(line(sandbox).contains(" --unshare-net "))
    }

    @Test func `Landlock is one process, under our own account without changes of modes`() {
        let own = line(sandbox(.landlock))
        #expect(own.hasPrefix("/opt/s/confine --record /d/r/pid --oom-score 500 "))
        #expect(own.hasSuffix(" --scope --filter --no-unix-sockets --same-account -- /d/env/bin/python x y"))
        #expect(own.contains(" --read /d/env ") && own.contains(" --write /d/r/code ") && own.contains(" --subreaper "))
        // Other processes of our account would count.
        #expect(!own.contains("processes="))
        let given = line(sandbox(.landlock, account: ChildLaunch.Account(user: 7, group: 8)))
        #expect(given.contains(" --account 7:8 ") && given.contains(" processes=50 "))
        #expect(!given.contains("--same-account"))
    }

    @Test func `without isolation the process id is written down and the socket taken over`() {
        #expect(
            line(sandbox(.none)) == "/opt/s/confine --record /d/r/pid --environment 4 --listen -- /d/env/bin/python x y"
        )
    }
}

@Suite struct AccountRangeTests {
    @Test(arguments: ["", "5", "200000", "200000-200003", "0-65535", "300-200", "200000-4294967295", "a-b", "1-2-3"])
    func `other texts are no ranges`(text: String) {
        #expect(AccountRange(text) == nil)
    }

    @Test func `a deployment has the same account every time, and none that another has`() throws {
        let range = try #require(AccountRange("200000-200016"))
        let first = try #require(range.account(of: "e/blue", taken: [:]))
        #expect(range.account(of: "e/blue", taken: [first.user: "e/blue"]) == first)
        let second = try #require(range.account(of: "e/blue", taken: [first.user: "e/green"]))
        #expect(second.user != first.user)
        var taken: [UInt32: String] = [:]
        for number in 0..<15 {
            let account = try #require(range.account(of: "e/\(number)", taken: taken))
            #expect(taken[account.user] == nil && account.user > range.first && account.user < range.last)
            #expect(account.group == range.first)
            taken[account.user] = "e/\(number)"
        }
        #expect(range.account(of: "e/one-more", taken: taken) == nil)
    }
}
