package import Foundation
import Postgres

/// One router process as it is stored.
package struct RouterRow: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Started, has not answered yet.
        case starting
        /// Serves; publishing waits for it.
        case live
        /// Did not answer in time, or ended; publishing does not wait for it.
        case removed
    }

    package var id: UUID
    /// 0 for routers that somebody else starts.
    package var pid: Int32
    package var startTicks: Int64
    package var controlAddress: String
    package var state: State
    package var acknowledgedGeneration: Int64

    package init(
        id: UUID, pid: Int32, startTicks: Int64, controlAddress: String, state: State, acknowledgedGeneration: Int64
    ) {
        (self.id, self.pid, self.startTicks) = (id, pid, startTicks)
        (self.controlAddress, self.state) = (controlAddress, state)
        self.acknowledgedGeneration = acknowledgedGeneration
    }
}

extension RouterRow.State: PostgresEnumeration {}

/// Rows of `routers`.
package typealias RouterStore = RowStore<RouterRow>

extension RowStore<RouterRow> {
    package func list() async throws -> [RouterRow] {
        try await runner.query(
            """
            SELECT id, pid, start_ticks, control_address, state, acknowledged_generation FROM routers ORDER BY control_address
            """
        ).rows.map { row in
            RouterRow(
                id: try row("id"), pid: try row("pid"), startTicks: try row("start_ticks"),
                controlAddress: try row("control_address"), state: try row("state"),
                acknowledgedGeneration: try row("acknowledged_generation"))
        }
    }

    /// Writes a started process in the place of the one that had its control address before.
    package func save(_ router: RouterRow) async throws {
        try await runner.query(
            """
            INSERT INTO routers (id, pid, start_ticks, control_address, state)
            VALUES (\(router.id), \(router.pid), \(router.startTicks), \(router.controlAddress), \(router.state.rawValue))
            ON CONFLICT (control_address) DO UPDATE SET id = EXCLUDED.id, pid = EXCLUDED.pid,
                start_ticks = EXCLUDED.start_ticks, state = EXCLUDED.state, acknowledged_generation = 0, changed_at = now()
            """)
    }

    package func setState(id: UUID, _ state: RouterRow.State) async throws {
        try await runner.query(
            """
            UPDATE routers SET state = \(state.rawValue), changed_at = now()
            WHERE id = \(id) AND state <> \(state.rawValue)
            """)
    }

    /// Records what routers serve; a generation never goes back.
    package func acknowledge(ids: [UUID], generation: Int64) async throws {
        guard !ids.isEmpty else { return }
        try await runner.query(
            """
            UPDATE routers SET acknowledged_generation = \(generation), changed_at = now()
            WHERE id = ANY(\(PostgresArray(ids))::uuid[]) AND acknowledged_generation < \(generation)
            """)
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM routers WHERE id = \(id)")
    }
}
