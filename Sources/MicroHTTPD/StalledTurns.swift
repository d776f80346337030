/// Tells when all that an event loop has to do is to wait for its clients.
///
/// The library keeps some connections among those that it can serve at once though it can't, so that the loop would never sleep:
/// one in mid-handshake, also where nothing of it has arrived (`MHD_run_tls_handshake_` of 0.9.75 forgets what `recv_tls_adapter`
/// does), and one whose memory is full of the beginning of a line before a chunk (`MHD_connection_update_event_loop_info`; see
/// `ChunkRecord`). So turns are counted in which nothing got on. What has been received may take a few turns to be looked at; it
/// does not take as many as these. Whatever is new then wakes the loop: an event, or its signal.
struct StalledTurns {
    private static let limit = 16
    private var idleTurns = 0

    /// A turn is over.
    mutating func noteTurn(madeProgress: Bool) { idleTurns = madeProgress ? 0 : min(idleTurns + 1, Self.limit) }

    /// Whether there is nothing else to do.
    var areAllThereIs: Bool { idleTurns == Self.limit }
}
