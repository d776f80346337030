import HTTPMessages
import KeyValueAPI

/// The page at `/`: what to type, and the limits in force.
func helpPage(for configuration: ServerConfiguration, _ limits: KeyValueAPI.Limits, port: UInt16) -> String {
    let end = configuration.defaultTTL == .zero ? "stays" : "expires after \(seconds(configuration.defaultTTL))"
    let place = "\(configuration.tlsCertificate == nil ? "" : "https://")localhost:\(port)"
    return """
        Latchkey: a key-value store that speaks plain HTTP.

          curl -T photo.png \(place)/keys/photo          store a file (PUT)
          curl -O \(place)/keys/photo                    fetch it back, the same bytes (GET)
          curl -r 0-99 \(place)/keys/photo               a part of it; -C - resumes a download
          curl -I \(place)/keys/photo                    its type, size and ETag (HEAD)
          curl -X DELETE \(place)/keys/photo             remove it
          curl -T photo.png '\(place)/keys/photo?ttl=60' let it expire in 60 seconds

          curl -X POST '\(place)/keys/visits?op=incr'    count; &by=-3 for other steps
          curl --data-binary hi '\(place)/keys/log?op=append'
                                                also op=getset, op=getdel, and op=touch&ttl=60
          curl '\(place)/keys?prefix=ph'                 list keys; the next page is in Link
          curl -X DELETE '\(place)/keys?prefix=ph'       remove them; ?all=true removes all
          printf 'GET photo\\nGET log\\n' | curl --data-binary @- \(place)/batch

          Only if nobody has stored it yet:     -H 'If-None-Match: *'
          Only if it is what you read (CAS):    -H 'If-Match: "<its ETag>"'
          Only if it has changed since:         -H 'If-None-Match: "<its ETag>"'  (304 if not)
          Wait until it has, for 30 seconds:    and -H 'Prefer: wait=30'; alone, until a missing key is there

        A key is everything after /keys/, percent-decoded once: 1 to \(limits.keyBytes) bytes of any value.
        A value has 0 to \(limits.valueBytes) bytes. Kept with it: Content-Type, Content-Encoding, Latchkey-Meta-*.
        Without ttl it \(end). A batch, and its answer, has up to \(limits.batchBytes) bytes.
        \(accessNote(for: configuration))
          /metrics        for Prometheus, with the wait for each of the \(configuration.shards) shard locks
          /readyz         503 while shutting down        /livez, /healthz    200
          /openapi.yaml   the whole contract

        """
}

/// What to say of tokens; an empty line where none are needed.
private func accessNote(for configuration: ServerConfiguration) -> String {
    guard configuration.tokenFile != nil else { return "" }
    return "All this takes a token, and so do metrics beside it:  -H \"Authorization: Bearer $TOKEN\"\n"
}

/// `duration` in seconds, in decimal and with a fraction only where there is one.
private func seconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if attoseconds == 0 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
    // A second in front keeps the zeros of the fraction, which follow it.
    var fraction = String(1_000_000_000_000_000_000 + attoseconds).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(seconds).\(fraction) seconds"
}
