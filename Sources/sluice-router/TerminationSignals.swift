import Dispatch
import Foundation

/// SIGTERM and SIGINT: the first asks for a graceful end, the second ends the process at once.
struct TerminationSignals {
    private let sources: [any DispatchSourceSignal]

    init(onFirst: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "sluice-router.signals")
        // Touched by the handlers only, which all run on that serial queue.
        nonisolated(unsafe) var count = 0
        sources = [SIGTERM, SIGINT].map { number in
            // The default action would end the process at the first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                count += 1
                if count > 1 { _exit(1) }
                onFirst()
            }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
