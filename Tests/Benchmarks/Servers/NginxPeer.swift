import Compute
import Foundation
import Server

/// nginx that takes PUT and serves files over TLS, with the certificate of a Sluice.
struct NginxPeer: Sendable {
    /// Base of its URLs.
    let url: String

    /// Runs `body` with it; nil where nginx is not installed.
    static func with<Result: Sendable>(
        on workbench: Workbench, certificates: URL, _ body: (NginxPeer?) async throws -> Result
    ) async throws -> Result {
        guard let program = try? Programs.onPath("nginx") else {
            Progress.say("  nginx is not installed, it is left out")
            return try await body(nil)
        }
        let directory = try workbench.makeDirectory("nginx")
        for name in ["files", "bodies"] { _ = try workbench.makeDirectory("nginx/\(name)") }
        let port = try LoopbackPort.take()
        let file = directory.appending(path: "nginx.conf")
        try Data(configuration(directory, certificates, port: port).utf8).write(to: file)
        let process = try ChildProcess.spawn(
            ChildLaunch(
                executable: program, arguments: ["-p", directory.path, "-c", file.path],
                environment: ["PATH": "/usr/bin:/bin"], workingDirectory: directory,
                logFile: directory.appending(path: "error.log")))
        do {
            let result = try await body(NginxPeer(url: "https://127.0.0.1:\(port)"))
            await ChildProcess.terminate(process, steps: [])
            return result
        } catch {
            await ChildProcess.terminate(process, steps: [])
            throw error
        }
    }

    private static func configuration(_ directory: URL, _ certificates: URL, port: Int) -> String {
        """
        daemon off;
        \(getuid() == 0 ? "user root;" : "")
        worker_processes 2;
        pid nginx.pid;
        error_log error.log;
        events {}
        http {
            access_log off;
            sendfile on;
            client_max_body_size 0;
            client_body_temp_path bodies;
            server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate \(certificates.path)/server/server.pem;
                ssl_certificate_key \(certificates.path)/server/server-key.pem;
                location / {
                    root files;
                    dav_methods PUT;
                }
            }
        }
        """
    }
}
