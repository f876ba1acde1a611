package import Foundation
import Logging
import Platform
import Routing

/// Why a pushed table is not served.
package enum TableRefusal: Error, Equatable {
    /// The router serves a newer one already, or another of its host does and this one was saved.
    case outdated(served: Int64)
    /// Changes that do not fit the table that the router serves: it needs the whole one.
    case unfit(String)
    case malformed(String)
}

/// Applies tables one after the other: compile, hand to the loops, wait until all serve it, keep it on disk.
package actor TableKeeper {
    private var compiler: TableCompiler
    let shared: LoopShared
    private let savedTable: SavedTable?
    private let logger: Logger
    /// The table that the loops were last given.
    package private(set) var present = CompiledTable.empty
    /// Replicas that left the table, with the generation that no longer names them.
    var leaving: [(generation: Int64, replica: ReplicaState)] = []
    /// Callers that wait for a replica to be drained.
    var drainWaiterCount = 0

    init(compiler: TableCompiler, shared: LoopShared, savedTable: SavedTable?, logger: Logger) {
        (self.compiler, self.shared) = (compiler, shared)
        (self.savedTable, self.logger) = (savedTable, logger)
    }

    /// Serves a table, and returns the generation that every loop serves then.
    ///
    /// - Throws: ``TableRefusal``; the table that was served stays.
    package func apply(_ lines: Data) async throws(TableRefusal) -> Int64 {
        let generation = try publish(lines)
        // Another table may be published meanwhile; then the loops serve a newer one, which is as good.
        await shared.waitUntilServed(generation)
        return generation
    }

    /// Serves the table that changes make of the present one, and returns the generation that every loop serves then.
    ///
    /// - Throws: ``TableRefusal``; the table that was served stays.
    package func apply(changes: Data) async throws(TableRefusal) -> Int64 {
        let generation = try publish(changes: changes)
        await shared.waitUntilServed(generation)
        return generation
    }

    private func publish(changes: Data) throws(TableRefusal) -> Int64 {
        // The saved table has to grow with the served one, and not for ever.
        guard savedTable?.takesChanges(changes.count) != false else { throw .unfit("the saved changes are too many") }
        var next = compiler
        let output: TableCompiler.Output
        do {
            output = try next.compile(changes: changes)
        } catch let error as UnfitChanges {
            throw .unfit(error.description)
        } catch {
            throw .malformed("\(error)")
        }
        compiler = next
        serve(output)
        save { try $0.append(changes) }
        return output.table.generation
    }

    /// Compiles a table and hands it to the loops without waiting for them.
    ///
    /// - Throws: ``TableRefusal``, also for a table of an earlier generation than `earliest`.
    func publish(_ lines: Data, notBefore earliest: Int64 = 0) throws(TableRefusal) -> Int64 {
        var next = compiler
        let output: TableCompiler.Output
        do {
            output = try next.compile(lines)
        } catch {
            throw .malformed("\(error)")
        }
        let newest = max(present.generation, earliest)
        guard output.table.generation >= newest else { throw .outdated(served: newest) }
        compiler = next
        serve(output)
        save { try $0.write(lines) }
        // Decoding leaves many times the table's size behind, which would otherwise stay with the process.
        Heap.trim(atLeast: 0)
        return output.table.generation
    }

    private func serve(_ output: TableCompiler.Output) {
        present = output.table
        shared.publish(output.table, retired: output.retired)
        leaving += output.retired.map { (output.table.generation, $0) }
        logger.info(
            "routing table published",
            metadata: [
                "table.generation": "\(output.table.generation)", "table.routes": "\(output.table.routes.count)",
                "table.compiled": "\(output.compiledCount)",
            ])
    }

    /// Publishes the table that was saved last, if there is one that can be read and no router of the host serves a newer
    /// one: the keys in it may have been revoked.
    func restore() {
        guard let savedTable else { return }
        do {
            guard let lines = try savedTable.read() else { return }
            // Compiled aside: what is served first is the newest of what was saved.
            var next = compiler
            var output = try next.compile(lines)
            var retired = output.retired
            for changes in try savedTable.readChanges(since: output.table.generation) {
                output = try next.compile(changes: changes)
                retired += output.retired
            }
            let earliest = max(present.generation, shared.slots.compareTables(serving: shared.servedGeneration))
            guard output.table.generation >= earliest else { throw TableRefusal.outdated(served: earliest) }
            compiler = next
            serve(TableCompiler.Output(table: output.table, retired: retired, compiledCount: output.table.routes.count))
        } catch {
            logger.warning(
                "the saved routing table cannot be used, starting without one",
                metadata: ["table.file": "\(savedTable.path)", "error": "\(error)"])
        }
    }

    private func save(_ write: (SavedTable) throws -> Void) {
        guard let savedTable else { return }
        do {
            try write(savedTable)
        } catch {
            logger.error(
                "the routing table was not saved", metadata: ["table.file": "\(savedTable.path)", "error": "\(error)"])
        }
    }
}
