import Logging

extension Router {
    /// Writes the access log four times a second until it is cancelled, and what is left then.
    func writeAccessLog() async {
        guard let path = configuration.accessLog else { return }
        var writer = AccessLogWriter(path: path, routerID: configuration.routerID)
        var isFailing = false
        var isLast = false
        while !isLast {
            isLast = Task.isCancelled
            if !isLast { try? await Task.sleep(for: .milliseconds(250)) }
            do {
                for queue in shared.accessLogs { try writer.write(queue.takeAll()) }
                isFailing = false
            } catch {
                // Once, not four times a second.
                if !isFailing { logger.error("the access log cannot be written", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
        }
        writer.close()
    }
}
