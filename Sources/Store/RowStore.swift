package import Postgres

/// The statements on rows of one kind, which stand in extensions beside what a row is: `OperationStore` is
/// `RowStore<ResourceOperation>`.
package struct RowStore<Stored>: Sendable {
    /// A database, or a transaction.
    let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }
}
