import Foundation

/// A PostgreSQL server of this test process alone: started at the first use, reached over a Unix socket in a short
/// temporary folder, gone with the process.
///
/// A small shell script starts it and then reads a pipe whose other end only this process holds. However this process
/// ends, also by a crash, the pipe closes, and the script stops the server and removes its folder.
actor PrivateServer {
    static let shared = PrivateServer()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var start: Task<String, any Error>?
    /// Held open for as long as the server is wanted.
    private var lifeline: FileHandle?

    /// Where to reach the server; starts it if need be.
    func url() async throws -> String {
        if let start { return try await start.value }
        let (folderLine, lifeline) = try launch()
        self.lifeline = lifeline
        let start = Task {
            let folder = try await Self.readLine(folderLine)
            return "postgresql:///postgres?host=\(folder)&user=postgres"
        }
        self.start = start
        return try await start.value
    }

    /// The script's output, one line when the server is ready, and the pipe that keeps the server alive.
    private func launch() throws -> (output: FileHandle, lifeline: FileHandle) {
        let (input, output) = (Pipe(), Pipe())
        // Children of other tests must not hold the pipe open.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", Self.script, "sluice-test-postgres", try Self.binaries()]
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        return (output.fileHandleForReading, input.fileHandleForWriting)
    }

    private static let script = """
        trap '' INT TERM HUP
        set -e
        folder=$(mktemp -d /tmp/sluice-pg.XXXXXX)
        as=
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$folder"
            as="setpriv --reuid=postgres --regid=postgres --clear-groups"
        fi
        cd "$folder"
        finish() {
            $as "$1/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
            cd /
            rm -rf "$folder"
        }
        run() {
            $as "$@" >>"$folder/start.log" 2>&1 </dev/null || { cat "$folder/start.log" >&2; finish "$bin"; exit 1; }
        }
        bin=$1
        run "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync
        run "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" -o "-k $folder -c listen_addresses= \
        -c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c deadlock_timeout=100ms" start
        echo "$folder"
        exec >/dev/null
        cat >/dev/null || true
        finish "$bin"
        """

    /// Folder of the newest installed PostgreSQL's programs.
    private static func binaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []  // none: reported below
        let newest = versions.compactMap(Int.init).max().map { "\(root)/\($0)/bin" }
        guard let newest, FileManager.default.isExecutableFile(atPath: "\(newest)/initdb") else {
            throw Failure(description: "no PostgreSQL below \(root); install one or set DATABASE_URL")
        }
        return newest
    }

    /// The first line of the script's output. Reading blocks, so it has a thread of its own.
    private static func readLine(_ handle: FileHandle) async throws -> String {
        let data = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: handle.readDataToEndOfFile())
            }
        }
        let line = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard line.hasPrefix("/") else { throw Failure(description: "the private PostgreSQL did not start") }
        return line
    }
}
