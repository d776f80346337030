/// The page at `/`: what to type, and the limits in force.
func helpPage(for configuration: ServerConfiguration, port: UInt16) -> String {
    """
    Latchkey: a key-value store that speaks plain HTTP.

      curl -T photo.png localhost:\(port)/keys/photo    store a file (PUT)
      curl -O localhost:\(port)/keys/photo              fetch it back, the same bytes (GET)
      curl -I localhost:\(port)/keys/photo              its type, size and ETag (HEAD)
      curl -X DELETE localhost:\(port)/keys/photo       remove it

      Only if nobody has stored it yet:     -H 'If-None-Match: *'
      Only if it is what you read (CAS):    -H 'If-Match: "<its ETag>"'
      Only if it has changed since:         -H 'If-None-Match: "<its ETag>"'  (304 if not)

    A key is everything after /keys/, percent-decoded once: 1 to \(configuration.maxKeyBytes) bytes of any value.
    A value has 0 to \(configuration.maxValueBytes) bytes. Content-Type is stored with it.

      /metrics        for Prometheus, with the wait for each of the \(configuration.shards) shard locks
      /readyz         503 while shutting down        /livez, /healthz    200
      /openapi.yaml   the whole contract

    """
}
