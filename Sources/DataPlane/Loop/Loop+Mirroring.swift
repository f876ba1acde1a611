/// Copies of live requests for deployments that are tried out: sent and answered, and the response is dropped.
///
/// A copy is a record among the clients that has no socket. It waits, is sent, retried and timed out as any request is,
/// under the limits of its own deployment; what is written to it goes nowhere. It starts once the live request is
/// whole and on its way, so it never delays it, and its fate is nobody's answer.
extension Loop {
    /// Begins a copy for every deployment whose turn it is. The request's head is in the scanner and in `bytes`.
    func beginMirrors(
        _ client: Int32, of route: CompiledRoute, beside live: CompiledDeployment, target: RequestTarget,
        _ bytes: Bytes
    ) {
        for mirror in route.mirrors {
            let deployment = route.deployments[mirror.deployment]
            guard deployment !== live, deployment.state.loops[index].isTurnToMirror(percent: mirror.percent) else {
                continue
            }
            guard let copy = takeMirror(of: client, deployment) else {
                counters.add(1, to: .mirrorsDropped)
                continue
            }
            pair(client, with: copy, deployment.state.comparison(with: live.name))
            ForwardedHead.write(
                requestHead, bytes, to: &clients[copy].forwarded, target: target, scoringPath: deployment.scoringPath,
                request: clients[client].request, peer: clients[client].peerAddress)
        }
    }

    /// A record with a buffer, linked to its live request; `nil` if copies take as much memory as they may.
    private func takeMirror(of client: Int32, _ deployment: CompiledDeployment) -> Int32? {
        guard mirrorBytes + pool.size <= settings.maxMirrorBytes, let copy = takeSocketless() else { return nil }
        clients[copy].isMirror = true
        clients[copy].state = .gathering
        clients[copy].deployment = deployment
        clients[copy].request = clients[client].request
        clients[copy].request.keepsAlive = false
        clients[copy].request.expectsContinue = false
        clients[copy].request.isOldClient = false
        clients[copy].forwarded.borrow(from: pool)
        clients[copy].mirrorBytes = pool.size
        mirrorBytes += pool.size
        clients[copy].mirror = clients[client].mirror
        clients[client].mirror = copy
        return copy
    }

    /// Copies a run of the body that has just been taken over from the client, and its end.
    func copyToMirrors(_ client: Int32, _ payload: Bytes, isEnd: Bool) {
        guard clients[client].request.bodyCount <= settings.maxMirroredBody else { return dropMirrors(client) }
        let isChunked = clients[client].request.isChunked
        var copy = clients[client].mirror
        while copy >= 0 {
            guard makeRoom(copy, payload.count + BodyEncoder.overhead) else { return dropMirrors(client) }
            BodyEncoder.write(payload, to: &clients[copy].forwarded, isChunked: isChunked)
            if isEnd { BodyEncoder.writeEnd(to: &clients[copy].forwarded, isChunked: isChunked) }
            copy = clients[copy].mirror
        }
    }

    private func makeRoom(_ copy: Int32, _ count: Int) -> Bool {
        guard clients[copy].forwarded.room < count else { return true }
        let size = max(clients[copy].mirrorBytes * 2, clients[copy].mirrorBytes + count)
        let growth = size - clients[copy].mirrorBytes
        guard mirrorBytes + growth <= settings.maxMirrorBytes else { return false }
        clients[copy].forwarded.grow(to: size, pool)
        clients[copy].mirrorBytes = size
        mirrorBytes += growth
        return true
    }

    /// The live request is whole: its copies start when the loop has done what else there is to do.
    func releaseMirrors(_ client: Int32) {
        var copy = clients[client].mirror
        clients[client].mirror = -1
        while copy >= 0 {
            let next = clients[copy].mirror
            clients[copy].mirror = -1
            clients[copy].requestBody = BodyDecoder(.none)
            readyMirrors.append(copy)
            copy = next
        }
    }

    func startReadyMirrors() {
        let copies = readyMirrors
        readyMirrors.removeAll(keepingCapacity: true)
        for copy in copies {
            guard clients[copy].isOpen, let deployment = clients[copy].deployment else { continue }
            counters.add(1, to: .mirrors)
            clients[copy].state = .head
            clients[copy].request.startedAt = now
            // The table may be another one than when the copy began.
            let present = table.deployment(of: deployment.state) ?? deployment
            clients[copy].deployment = present
            present.state.loops[index].countArrival()
            admit(copy, present)
        }
    }

    /// Gives up the copies of a request that ended, or grew too long, before it was whole.
    func dropMirrors(_ client: Int32) {
        var copy = clients[client].mirror
        clients[client].mirror = -1
        while copy >= 0 {
            let next = clients[copy].mirror
            counters.add(1, to: .mirrorsDropped)
            endMirror(copy)
            copy = next
        }
    }

    /// What would go to a client, had the copy one. False once the copy has ended.
    func dropOutput(_ copy: Int32) -> Bool {
        clients[copy].output.giveBack(to: pool)
        guard clients[copy].state == .answering else { return true }
        endMirror(copy)
        return false
    }

    /// Ends a copy that neither waits nor has a replica.
    func endMirror(_ copy: Int32) {
        guard clients[copy].isOpen else { return }
        if clients[copy].pair >= 0 { closePairs(copy, status: nil) }
        letGo(copy)
        mirrorBytes -= clients[copy].mirrorBytes
        spareRecords.append(copy)
    }
}
