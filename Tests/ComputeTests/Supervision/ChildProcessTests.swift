import Foundation
import Glibc
import Testing

@testable import Compute

@Suite(.timeLimit(.minutes(1)))
struct ChildProcessTests {
    private func launch(_ script: String, in folder: URL, environment: [String: String] = [:]) -> ChildLaunch {
        ChildLaunch(
            executable: "/bin/sh", arguments: ["-c", script],
            environment: environment.merging(["PATH": "/usr/bin:/bin"]) { $1 },
            workingDirectory: folder, logFile: folder.appending(path: "log"))
    }

    @Test func `a child has its own session, only the given environment, and no descriptor of ours`() async throws {
        try await withTemporaryFolder { folder in
            let leak = open("/dev/null", O_RDONLY)
            defer { close(leak) }
            let script = "env; ls /proc/self/fd | tr '\\n' ' '; pwd; read line || echo end-of-input"
            let child = try ChildProcess.spawn(launch(script, in: folder, environment: ["COLOUR": "blue"]))
            let stat = try #require(ProcessStat.read(pid: child.pid))
            #expect(stat.session == child.pid && stat.group == child.pid)
            #expect(try await ChildProcess.waitForExit(child) == 0)
            let log = try folder.appending(path: "log").text
            #expect(log.contains("COLOUR=blue") && !log.contains("HOME="))
            // 3 is the folder that `ls` itself reads; the working directory follows.
            #expect(log.contains("0 1 2 3 /"))
            #expect(log.contains("end-of-input"))
        }
    }

    @Test(arguments: [("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143), ("true", 0)])
    func `the exit status is told`(script: String, status: Int32) async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess.spawn(launch(script, in: folder))
            #expect(try await ChildProcess.waitForExit(child) == status)
            #expect(ProcessIdentity(pid: child.pid) != child)
        }
    }

    @Test func `a program that does not exist is an error`() throws {
        let launch = ChildLaunch(
            executable: "/no/such/program", arguments: [], environment: [:], workingDirectory: URL(filePath: "/"),
            logFile: URL(filePath: "/dev/null"))
        let error = #expect(throws: SpawnError.self) { try ChildProcess.spawn(launch) }
        #expect(error?.errno == ENOENT)
    }

    @Test func `an account other than ours`() async throws {
        guard getuid() == 0 else { return }
        try await withTemporaryFolder { folder in
            var launch = launch("id -u; id -g", in: URL(filePath: "/"))
            launch.logFile = folder.appending(path: "log")
            launch.account = .init(user: 65534, group: 65534)
            let child = try ChildProcess.spawn(launch)
            #expect(try await ChildProcess.waitForExit(child) == 0)
            #expect(try folder.appending(path: "log").text == "65534\n65534\n")
        }
    }

    @Test func `a zombie and a reused id are not the process`() async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess.spawn(launch("exit 3", in: folder))
            try await eventually("zombie") { ProcessStat.read(pid: child.pid)?.state == "Z" }
            #expect(!child.isAlive)
            var other = child
            other.startTicks -= 1
            #expect(!other.isAlive && ChildProcess.reap(other) == nil)
            #expect(ChildProcess.reap(child) == 3)
        }
        let me = try #require(ProcessIdentity(pid: getpid()))
        #expect(me.isAlive)
        #expect(!ProcessIdentity(pid: me.pid, startTicks: me.startTicks + 1).isAlive)
    }

    @Test func `a command name with spaces and parentheses does not shift the fields`() throws {
        let line = "42 (a) b (c) S 7 40 41 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2"
        let stat = try #require(ProcessStat(line))
        #expect(stat == ProcessStat(line) && stat.pid == 42 && stat.parent == 7 && stat.group == 40)
        #expect(stat.session == 41 && stat.startTicks == 98765 && stat.state == "S")
        #expect(stat.cpuTicks == 0 && stat.residentPages == 2)
        #expect(ProcessStat("42 (x) S 1") == nil)
    }

    @Test func `a polite child ends on the first signal`() async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess.spawn(
                launch("trap 'exit 5' TERM; echo up; while :; do sleep 0.01; done", in: folder))
            try await eventually("up") { try folder.appending(path: "log").text.contains("up") }
            #expect(await ChildProcess.terminate(child, steps: [.init(SIGTERM, wait: .seconds(10))]) == 5)
        }
    }

    @Test func `a stubborn tree is killed whole, grandchildren in other sessions too`() async throws {
        try await withTemporaryFolder { folder in
            let grandchild = "trap '' TERM; echo $$ >> pids; while :; do sleep 0.02; done"
            let script =
                "trap '' TERM; setsid sh -c \"\(grandchild.replacing("$", with: "\\$"))\" & sh -c \"\(grandchild.replacing("$", with: "\\$"))\" & echo $$ >> pids; while :; do sleep 0.02; done"
            let child = try ChildProcess.spawn(launch(script, in: folder))
            let pids = folder.appending(path: "pids")
            try await eventually("three processes") { try pids.exists && pids.text.split(separator: "\n").count == 3 }
            let identities = try pids.text.split(separator: "\n").compactMap { Int32($0) }.compactMap {
                ProcessIdentity(pid: $0)
            }
            #expect(identities.filter(\.isAlive).count == 3)
            #expect(await ChildProcess.terminate(child, steps: [.init(SIGTERM, wait: .milliseconds(100))]) == 137)
            #expect(identities.filter(\.isAlive).isEmpty)
        }
    }

    @Test func `a process that is not our child is watched and ended too`() async throws {
        try await withTemporaryFolder { folder in
            let parent = try ChildProcess.spawn(launch("setsid sleep 100 & echo $! > pid", in: folder))
            #expect(try await ChildProcess.waitForExit(parent) == 0)
            let pid = try #require(Int32(try folder.appending(path: "pid").text.dropLast()))
            let adopted = try #require(ProcessIdentity(pid: pid))
            #expect(adopted.isAlive)
            async let status = ChildProcess.waitForExit(adopted)
            #expect(await ChildProcess.terminate(adopted, steps: [.init(SIGTERM, wait: .seconds(5))]) == nil)
            #expect(try await status == nil)
        }
    }

    @Test func `the kernel tells the moment of an end`() async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess.spawn(launch("while [ ! -e go ]; do sleep 0.01; done", in: folder))
            async let notice: Void = ExitNotice.wait(for: child)
            try folder.appending(path: "go").write("")
            await notice
            #expect(!child.isAlive && ChildProcess.reap(child) == 0)
        }
    }

    @Test func `ending what is gone does nothing`() async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess.spawn(launch("true", in: folder))
            _ = try await ChildProcess.waitForExit(child)
            #expect(await ChildProcess.terminate(child, steps: [.init(SIGTERM, wait: .seconds(5))]) == nil)
        }
    }

    @Test func `a run is killed at its deadline and on cancellation`() async throws {
        try await withTemporaryFolder { folder in
            let launch = launch("echo $$ > pid; sleep 100", in: folder)
            await #expect(throws: ChildProcess.TimedOut.self) {
                try await ChildProcess.run(launch, until: .now + .milliseconds(200))
            }
            try FileManager.default.removeItem(at: folder.appending(path: "pid"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await ChildProcess.run(launch, until: .now + .seconds(60)) }
                try await eventually("started") { (try? folder.appending(path: "pid").text.hasSuffix("\n")) == true }
                let pid = try #require(Int32(try folder.appending(path: "pid").text.dropLast()))
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
                #expect(ProcessIdentity(pid: pid)?.isAlive != true)
            }
        }
    }

    @Test func `a process tree leaves out a stranger that took over the leader's id`() {
        func stat(_ pid: Int32, parent: Int32, session: Int32, ticks: Int64) -> ProcessStat {
            ProcessStat(
                "\(pid) (x) S \(parent) \(session) \(session) " + String(repeating: "0 ", count: 15) + "\(ticks) 0 0")!
        }
        let leader = ProcessIdentity(pid: 10, startTicks: 5)
        let stranger = [stat(10, parent: 1, session: 10, ticks: 9), stat(11, parent: 10, session: 10, ticks: 10)]
        #expect(ProcessTree.members(of: leader, known: [], in: stranger).isEmpty)
        let orphan = [
            stat(11, parent: 1, session: 10, ticks: 6), stat(12, parent: 11, session: 12, ticks: 7),
            stat(20, parent: 1, session: 20, ticks: 1),
        ]
        #expect(Set(ProcessTree.members(of: leader, known: [], in: orphan).map(\.pid)) == [11, 12])
    }
}
