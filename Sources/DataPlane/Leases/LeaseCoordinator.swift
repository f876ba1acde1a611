import Routing

/// This host's side of the book: answers the reports of all hosts, its own included.
actor LeaseCoordinator {
    private var book = LeaseBook()

    /// Responds to a report as of now; `nil` for one that is older than the last.
    func answer(_ report: LeaseReport, hosts: [RouterHost]) -> LeaseReply? {
        let nowMs = MonotonicTime.now.milliseconds
        let gone = Set(hosts.filter { $0.isGone == true }.map(\.id))
        book.expect(Set(hosts.map(\.id)).subtracting(gone), gone: gone, nowMs: nowMs)
        return book.answer(report, nowMs: nowMs)
    }
}
