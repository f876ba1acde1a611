import Foundation

/// Blocks that were put and not committed: files, named by their identifiers. The directory is the only record.
extension ContainerIndex {
    /// Where a piece of a new blob comes from.
    struct Piece: Sendable {
        var path: String
        var offset: Int64
        var block: BlobRecord.Block
    }

    /// - Throws: `invalidBlockID` when its length differs from that of the blob's other blocks, `tooManyBlocks`.
    func placeBlock(_ id: BlockID, of blob: BlobName, from path: String, limit: Int) throws(ArtifactError) {
        try locked { () throws(ArtifactError) in
            let folder = try blocksPath(blob)
            try Disk.makeDirectory(folder)
            let target = "\(folder)/\(id.fileName)"
            let isNew = try Disk.status(target) == nil
            if isNew { try checkNewBlock(id, of: blob, in: folder, limit: limit) }
            try Disk.move(path, to: target)
            if isNew { blockCounts[blob, default: 0] += 1 }
        }
    }

    private func checkNewBlock(
        _ id: BlockID, of blob: BlobName, in folder: String, limit: Int
    ) throws(ArtifactError) {
        // Reading a directory of tens of thousands of blocks for each block would be quadratic: once is enough, for
        // the limit may be passed by the few blocks that another process puts at the same time.
        let known = blockCounts[blob]
        if known == nil || known == 0 {
            let names = try Disk.names(in: folder)
            blockCounts[blob] = names.count
            blockNameLengths[blob] = names.first?.utf8.count
        }
        guard blockCounts[blob, default: 0] < limit else {
            throw ArtifactError(.tooManyBlocks, "A blob may have \(limit) uncommitted blocks.")
        }
        if let length = blockNameLengths[blob], length != id.fileName.utf8.count {
            throw ArtifactError(.invalidBlockID, "All block IDs of a blob must have the same length.")
        }
        blockNameLengths[blob] = id.fileName.utf8.count
    }

    /// In the order of the identifiers.
    func uncommittedBlocks(of blob: BlobName) throws(ArtifactError) -> [BlobRecord.Block] {
        _ = try find(blob)
        let folder = try blocksPath(blob)
        var blocks: [BlobRecord.Block] = []
        for name in try Disk.names(in: folder).sorted() {
            guard let id = BlockID(fileName: name), let status = try Disk.status("\(folder)/\(name)") else { continue }
            blocks.append(BlobRecord.Block(id: id, size: status.size))
        }
        return blocks
    }

    /// Finds the pieces that a block list names.
    ///
    /// - Throws: `invalidBlockList` when one of them is not there.
    func resolve(_ references: [BlockReference], of blob: BlobName) throws(ArtifactError) -> [Piece] {
        let folder = try blocksPath(blob)
        var waiting: [BlockID: Piece] = [:]
        for block in try uncommittedBlocks(of: blob) {
            waiting[block.id] = Piece(path: "\(folder)/\(block.id.fileName)", offset: 0, block: block)
        }
        var committed: [BlockID: Piece] = [:]
        var offset: Int64 = 0
        if let record = try find(blob) {
            for block in record.committedBlocks {
                let piece = Piece(path: contentPath(record.contentFile), offset: offset, block: block)
                committed[block.id] = committed[block.id] ?? piece
                offset += block.size
            }
        }
        return try references.map { reference throws(ArtifactError) in
            let piece =
                switch reference {
                case .committed(let id): committed[id]
                case .uncommitted(let id): waiting[id]
                case .latest(let id): waiting[id] ?? committed[id]
                }
            guard let piece else {
                throw ArtifactError(.invalidBlockList, "The block list names a block that was not put.")
            }
            return piece
        }
    }

    /// Only under the lock.
    func discardBlocks(of blob: BlobName) {
        blockCounts[blob] = nil
        blockNameLengths[blob] = nil
        // Blocks left behind waste space only until the next sweep a week later; the blob itself is written already.
        if let folder = try? blocksPath(blob) { try? Disk.removeTree(folder) }
    }

    /// Removes the blocks of blobs that got no new block since `limit`.
    func removeBlocks(idleSince limit: Date) throws(ArtifactError) -> Int {
        try locked { () throws(ArtifactError) in
            var removed = 0
            for name in try Disk.names(in: allBlocksPath) {
                let folder = "\(allBlocksPath)/\(name)"
                guard let status = try Disk.status(folder), status.modifiedAt < limit else { continue }
                removed += try Disk.names(in: folder).count
                try Disk.removeTree(folder)
            }
            blockCounts.removeAll()
            blockNameLengths.removeAll()
            return removed
        }
    }
}

/// An entry of a block list: which of the blocks with that identifier is meant.
package enum BlockReference: Sendable, Equatable {
    case committed(BlockID)
    case uncommitted(BlockID)
    /// The uncommitted one if there is one, else the committed one.
    case latest(BlockID)
}
