import ByteBuffers
import HTTPMessages

// The content of a request, piece by piece as it arrives, on the event loop's thread.
extension Connection {
    /// A chunk that was shifted begins with LF. Somebody in front may have read it otherwise, and so all that follows.
    @inline(never)
    func look(at piece: UnsafeRawBufferPointer, _ engine: Engine) {
        if engine.shiftsExtendedChunks, piece.first == UInt8(ascii: "\n") { endsConnection = true }
    }

    /// - Returns: whether the rest of the content is to be waited for.
    @inline(__always)
    func take(_ piece: BorrowedBytes, on loop: EventLoop) -> Bool {
        // Most content is taken.
        guard phase == .taking else { return takeOtherwise(piece, on: loop) }
        return append(piece)
    }

    @inline(never)
    private func takeOtherwise(_ piece: BorrowedBytes, on loop: EventLoop) -> Bool {
        guard phase == .checking else { return skip(piece.count, on: loop) }
        guard append(piece) else {
            check = nil
            return false
        }
        check?.take(piece)
        return true
    }

    @inline(__always)
    private func append(_ piece: BorrowedBytes) -> Bool {
        if builder?.append(piece) == true { return true }
        phase = builder?.wasDenied == true ? .denied : .overflown
        builder = nil
        return false
    }

    private func skip(_ count: Int, on loop: EventLoop) -> Bool {
        guard phase == .skipping || phase == .answering else { return false }
        skippedCount += count
        if skippedCount <= loop.skipLimit { return true }
        if phase == .skipping {
            // Whenever this can be said: the request is not carried out.
            phase = .answering
            prepared = loop.contentTooLarge(request)
        }
        return false
    }
}
