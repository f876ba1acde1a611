package import Foundation
import Glibc

/// Starts programs that live in a session of their own and outlive this process; ends them in timed steps.
///
/// ```swift
/// let identity = try ChildProcess.spawn(ChildLaunch(executable: "/usr/bin/router", arguments: ["--id", "1"], …))
/// identity.isAlive
/// await ChildProcess.terminate(identity, steps: [.init(SIGTERM, wait: .seconds(5))])   // then SIGKILL
/// ```
package enum ChildProcess {
    /// Starts a program and returns once it executes.
    ///
    /// The child begins with default signal handlers, an empty signal mask, `/dev/null` as standard input, its output
    /// in `logFile` (appended), and no file descriptor of ours but `inheritedDescriptors`, numbered from 3.
    package static func spawn(_ launch: ChildLaunch) throws(SpawnError) -> ProcessIdentity {
        let program = launch.programAndArguments
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        let duplicates = try prepareDescriptors(launch, &actions)
        defer { for descriptor in duplicates { close(descriptor) } }
        try prepareAttributes(&attributes)

        var pid: pid_t = 0
        let environment = launch.environment.map { "\($0.key)=\($0.value)" }
        var result: Int32 = 0
        for _ in 0..<busyAttempts {
            result = withCStrings(program) { arguments in
                withCStrings(environment) { environment in
                    posix_spawn(&pid, program[0], &actions, &attributes, arguments, environment)
                }
            }
            guard result == ETXTBSY else { break }
            usleep(2_000)
        }
        try check(result, "start \(program[0])")
        // The child can't vanish before we wait for it: dead, it stays a zombie with its start time.
        guard let identity = ProcessIdentity(pid: pid) else {
            throw SpawnError("read /proc/\(pid)/stat", errno: ENOENT)
        }
        return identity
    }

    /// A program that was just written is busy while another child, between its fork and its exec, still has the file
    /// open for writing; that passes within microseconds.
    private static let busyAttempts = 50

    /// Exit status (0–255, or 128 + signal) of a dead child of ours, which is reaped by this; nil while it lives and
    /// when it is not our child.
    package static func reap(_ identity: ProcessIdentity) -> Int32? {
        guard !identity.isAlive else { return nil }
        // After a restart the id may belong to another child of ours; leave that one alone.
        guard ProcessIdentity(pid: identity.pid) == identity else { return nil }
        var status: Int32 = 0
        guard waitpid(identity.pid, &status, WNOHANG) == identity.pid else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// Waits until the process is dead and reaps it. Nil when it was not our child; throws only on cancellation.
    ///
    /// Works for adopted processes as well. The kernel tells the moment; nothing is polled for (where it can't tell,
    /// in intervals up to 25 ms).
    package static func waitForExit(_ identity: ProcessIdentity) async throws(CancellationError) -> Int32? {
        await ExitNotice.wait(for: identity)
        var pause = Pause()
        while identity.isAlive {
            try await pause.next()
        }
        return reap(identity)
    }

    private static func prepareDescriptors(
        _ launch: ChildLaunch, _ actions: inout posix_spawn_file_actions_t
    ) throws(SpawnError) -> [Int32] {
        let log = launch.logFile.path(percentEncoded: false)
        try check(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0), "open /dev/null")
        try check(
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600), "open \(log)")
        try check(posix_spawn_file_actions_adddup2(&actions, 1, 2), "redirect standard error")
        // Inherited descriptors are first lifted above all targets, so that none is overwritten before it is copied.
        var duplicates: [Int32] = []
        for (index, descriptor) in launch.inheritedDescriptors.enumerated() {
            let lifted = duplicateCloseOnExec(descriptor, atLeast: 64)
            try check(lifted < 0 ? errno : 0, "duplicate a descriptor")
            duplicates.append(lifted)
            try check(posix_spawn_file_actions_adddup2(&actions, lifted, Int32(3 + index)), "pass a descriptor on")
        }
        let firstUnwanted = Int32(3 + launch.inheritedDescriptors.count)
        try check(SpawnExtensions.closeFrom(&actions, firstUnwanted), "close descriptors")
        let folder = launch.workingDirectory.path(percentEncoded: false)
        try check(SpawnExtensions.changeDirectory(&actions, folder), "use \(folder) as working directory")
        return duplicates
    }

    private static func prepareAttributes(_ attributes: inout posix_spawnattr_t) throws(SpawnError) {
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        try check(posix_spawnattr_setsigdefault(&attributes, &all), "reset signal handlers")
        try check(posix_spawnattr_setsigmask(&attributes, &none), "reset the signal mask")
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | SpawnExtensions.newSession
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)), "set spawn flags")
    }

    private static func duplicateCloseOnExec(_ descriptor: Int32, atLeast: Int32) -> Int32 {
        fcntl(descriptor, F_DUPFD_CLOEXEC, atLeast)
    }

    private static func check(_ result: Int32, _ action: String) throws(SpawnError) {
        if result != 0 { throw SpawnError(action, errno: result) }
    }

    /// Calls `body` with a null-terminated array of C strings that lives as long as the call.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}

/// Which program to start, and with what.
package struct ChildLaunch: Sendable {
    /// Absolute path.
    package var executable: String
    package var arguments: [String]
    /// The whole environment of the child; nothing of ours is added.
    package var environment: [String: String]
    package var workingDirectory: URL
    /// Receives standard output and standard error, appended.
    package var logFile: URL
    /// Descriptors of ours that the child has as 3, 4, ….
    package var inheritedDescriptors: [Int32]
    /// Runs as this account (needs root, and `setpriv` of util-linux); nil for our own.
    package var account: Account?

    package struct Account: Sendable, Hashable {
        package var user: UInt32
        package var group: UInt32

        package init(user: UInt32, group: UInt32) {
            (self.user, self.group) = (user, group)
        }
    }

    package init(
        executable: String, arguments: [String], environment: [String: String], workingDirectory: URL, logFile: URL,
        inheritedDescriptors: [Int32] = [], account: Account? = nil
    ) {
        (self.executable, self.arguments, self.environment) = (executable, arguments, environment)
        (self.workingDirectory, self.logFile) = (workingDirectory, logFile)
        (self.inheritedDescriptors, self.account) = (inheritedDescriptors, account)
    }

    /// `setpriv` changes the account and then becomes the program, so the process id stays the same.
    var programAndArguments: [String] {
        guard let account else { return [executable] + arguments }
        return [
            "/usr/bin/setpriv", "--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups", executable,
        ] + arguments
    }
}

/// A program could not be started: what was tried, and the system's error number.
package struct SpawnError: Error, Sendable, Equatable, CustomStringConvertible {
    package var action: String
    package var errno: Int32

    package init(_ action: String, errno: Int32) {
        (self.action, self.errno) = (action, errno)
    }

    package var description: String { "could not \(action): \(String(cString: strerror(errno)))" }

    /// Whether the host ran out of memory, processes or descriptors.
    var isExhaustion: Bool { [EAGAIN, ENOMEM, EMFILE, ENFILE, ENOSPC].contains(errno) }
}

/// Growing intervals between two looks at something that sends no event: 1, 2, 4 … 25 ms.
struct Pause {
    private var duration = Duration.milliseconds(1)

    mutating func next() async throws(CancellationError) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw CancellationError()
        }
        duration = min(duration * 2, .milliseconds(25))
    }
}
