import CMicroHTTPD
import CTransportSecurity
import HTTPMessages
import Sockets

/// What an event loop has seen of content that comes in chunks, several times a second.
///
/// The library says nothing of the line before a chunk (RFC 9112 section 7.1) until all of it is there, and reads no more of one that
/// fills the connection's memory. Before 1.0 it waits for us to take something out of it, never sleeps meanwhile, and searches all
/// of it in each turn (`process_request_body` and `MHD_connection_update_event_loop_info`). Up to 1.0.9 it refuses the line, but
/// where that has an extension it does so twice, sends nothing and forgets the connection
/// (`handle_req_chunk_size_line_no_space`). So it is found out from the outside.
struct ChunkRecord {
    /// What a client is told.
    static let explanation = "the line before a chunk takes more memory than a connection has"
    private var receivedCount = 0
    private var input: ConnectedSocket.Input?
    /// Looks in a row that have found neither content nor input.
    private var silentLooks = 0

    /// Whether nothing has come for a second, and there may be a line too long that ends just where the memory does.
    var isSilent: Bool { silentLooks > 3 }

    /// A look has found so many bytes of content received so far, and what there is on the socket.
    ///
    /// - Parameter hasPendingWork: whether the library has it that there is something to do.
    /// - Returns: whether input has been there since the last look and none of it was read, though the library was called.
    mutating func isStuck(receivedCount: Int, _ input: ConnectedSocket.Input?, hasPendingWork: Bool) -> Bool {
        defer { (self.receivedCount, self.input) = (receivedCount, input) }
        let isSilent = receivedCount == self.receivedCount && input == self.input
        silentLooks = isSilent && hasPendingWork ? silentLooks + 1 : 0
        guard let input, let before = self.input, receivedCount == self.receivedCount else { return false }
        return input.unreadCount > 0 && before.unreadCount > 0 && input.readCount == before.readCount
    }
}

extension EventLoop {
    /// An upload in chunks begins, on a library that may stand still at one of its lines.
    func beginChunks(of connection: Connection) {
        chunkedCount += 1
        connection.chunkRecord = ChunkRecord()
    }

    /// It has ended, if there was one.
    func endChunks(of connection: Connection) {
        guard let record = connection.chunkRecord.take() else { return }
        chunkedCount -= 1
        if record.isSilent { silentCount -= 1 }
    }

    /// Tells the client what is wrong with the line before a chunk, of which the library has said nothing. Its socket is about to be
    /// closed, and its TLS session, if it had one, is gone. On the loop's thread.
    func refuseForgotten(_ connection: Connection) {
        // It was counted when the library refused the line.
        if security == nil {
            ConnectedSocket.sendAtOnce(
                lastAnswer(.badRequest, "\(ChunkRecord.explanation)\n"), on: connection.descriptor)
        }
        connection.endsConnection = true
    }

    /// What has arrived of an upload and was not given to the library. On the loop's thread.
    private func input(of connection: Connection) -> ConnectedSocket.Input? {
        let input = ConnectedSocket.input(of: connection.descriptor)
        guard let input, let session = connection.handle.flatMap({ latchkey_tls_session($0) }) else { return input }
        return ConnectedSocket.Input(
            readCount: input.readCount, unreadCount: input.unreadCount + latchkey_decrypted_count(session))
    }

    /// So many silent uploads may cost the loop's turns time, each some microseconds.
    private static let mostSilent = 16

    /// Ends those that have a line too long. On the loop's thread, between turns.
    func look(at uploads: [Connection], hasPendingWork: Bool) {
        for connection in uploads where isOpen(connection) && connection.givenUp == nil {
            guard connection.activity == .receivingChunks, var record = connection.chunkRecord else { continue }
            let wasSilent = record.isSilent
            let isStuck = record.isStuck(
                receivedCount: connection.receivedCount, input(of: connection), hasPendingWork: hasPendingWork)
            connection.chunkRecord = record
            if record.isSilent != wasSilent { silentCount += wasSilent ? -1 : 1 }
            if isStuck {
                giveUp(connection, .badRequest, ChunkRecord.explanation)
            } else if record.isSilent && !wasSilent && silentCount > Self.mostSilent {
                // It cannot be told from one whose client pauses, where nothing more is sent.
                rejections.count(.bodyTimeout)
                giveUp(connection, .requestTimeout, Deadline.content.explanation)
            }
        }
    }
}
