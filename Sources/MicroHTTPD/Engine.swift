import CMicroHTTPD

/// What is known of the libmicrohttpd that runs, and so all that is done differently by its version.
///
/// All versions have one soname, so that one program meets several: it is asked when it starts (`MHD_get_version`). What each
/// member says was read in the library's source for 0.9.75, 0.9.76, 1.0.0, 1.0.1 and 1.0.10. A version that was not read gets
/// what is safe with any.
struct Engine: Sendable, BitwiseCopyable {
    /// Whether its source was read.
    let isKnown: Bool
    /// `MHD_OPTION_STRICT_FOR_CLIENT`; from 1.0 on this is the level of the client's discipline, and another thing before.
    let strictness: Int32
    /// What keeps a head from being taken for something else than it is.
    let headCheck: HeadCheckMethod
    /// Whether chunks and trailers are read as RFC 9112 section 7.1 has them, so that what follows them is the next request.
    /// Else an upload in chunks ends its connection.
    let readsChunksStrictly: Bool
    /// Whether the end of the line before a chunk is taken for the chunk's first byte where the line has an extension: so it is up to
    /// 1.0.9 (`process_request_body`). No well-formed chunk is taken for another, but a malformed one may be taken.
    let shiftsExtendedChunks: Bool
    /// Whether the library itself refuses each line before a chunk that is too long. Before 1.0 it refuses none and spins; up to
    /// 1.0.9 it falls silent where there is an extension (see `ChunkRecord`).
    let refusesLongChunkLines: Bool
    /// Whether the head of the library's own reply is sent twice where it refuses a request of which all fields have arrived: so it is
    /// before 1.0 (`parse_connection_headers`).
    let repeatsRefusals: Bool
    /// Whether a field's value is sent as it lies in memory, though it was overwritten since it was added, and may hold line ends.
    let sendsVerbatim: Bool
    /// Descriptors of its own that a daemon has in its epoll set.
    let ownDescriptorCount: Int32
    /// Whether resuming a connection ends the loop's wait.
    let resumingWakesLoop: Bool

    /// How the end of each line of a head is known to be what it must be.
    enum HeadCheckMethod {
        /// The library takes heads that are not well-formed, but they lie in one block that can be walked.
        case walk
        /// The library refuses what cannot be told from the fields alone.
        case library
        /// Nothing is known. Each answer ends its connection, so that there is no second request for which another's content
        /// could be taken.
        case none
    }

    /// What the library that this process has loaded calls itself.
    static let currentVersion = String(cString: MHD_get_version())

    /// The library that this process has loaded.
    static let current = Engine(version: currentVersion)

    /// What is known of `version`, of the form "1.0.1".
    init(version: String) {
        let numbers = version.split(separator: ".", maxSplits: 3).map { Int($0) ?? -1 }
        let isOfOne = numbers.count == 3 && numbers[0] == 1 && numbers[1] == 0 && (0...10).contains(numbers[2])
        let isOfZero = ["0.9.75", "0.9.76"].contains(version)
        isKnown = isOfOne || isOfZero
        // From 1.0 on the levels are part of the interface, also of versions to come.
        let isStrict = (numbers.first ?? 0) >= 1
        strictness = isStrict ? 1 : 0
        headCheck = isOfZero ? .walk : isStrict ? .library : .none
        readsChunksStrictly = isOfOne
        shiftsExtendedChunks = isOfOne && numbers[2] < 10
        refusesLongChunkLines = isOfOne && !shiftsExtendedChunks
        repeatsRefusals = !isStrict
        sendsVerbatim = isKnown
        ownDescriptorCount = isOfZero ? 0 : 1
        resumingWakesLoop = isOfOne
    }
}
