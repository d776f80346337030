import HTTPMessages
import MicroHTTPD
import PrometheusExposition

extension ServiceMetrics {
    func writeHTTP(_ server: HTTPServer, _ text: inout MetricsText) {
        let counts = server.requestCounts
        text.begin(
            "latchkey_http_requests_total", .counter,
            help:
                "Requests answered, by method, group of paths and status code. Those that the HTTP engine answers by itself have 'none' for a group."
        )
        for count in counts {
            text.sample(
                count.count,
                [
                    ("method", "\(count.method.name)"), ("route", routeLabel(of: count.route)),
                    ("code", "\(count.status.code)"),
                ])
        }
        text.begin(
            "latchkey_http_request_duration_seconds", .histogram,
            help:
                "Time from the request line to the last byte of the answer, by method, without requests that waited for a change or for long work. Rising with latchkey_lock_wait_seconds: the locks; without it: CPU, or clients that read slowly."
        )
        for durations in server.requestDurations {
            text.histogram(
                [("method", "\(durations.method.name)")], bounds: HTTPServer.durationBounds.map(Self.seconds),
                counts: durations.buckets, sum: Self.seconds(durations.nanoseconds))
        }
        writeTraffic(server.traffic, &text)
        writeConnections(server, &text)
        text.begin(
            "latchkey_http_rejected_total", .counter,
            help:
                "Refused, by reason. 'connections' were told to retry: raise --max-connections, or shorten --idle-timeout; so were 'address_connections' and 'descriptors'. Time-outs ended connections, by the flags of their names. 'memory' are writes that the store had no memory for: raise --max-memory. 'uploads' were told to retry, since other uploads took all that they may: raise --max-upload-bytes. 'unauthorized' showed no token that is known, and 'forbidden' wrote with one for reading, or from a page of another site. 'host' named none of --allowed-hosts. The others are clients' mistakes or attacks, which no handler saw."
        )
        for count in server.rejectionCounts { text.sample(count.count, [("reason", count.reason)]) }
        text.sample(refusedUploads, [("reason", "uploads")])
        for (reason, count) in rejections(counts) { text.sample(count, [("reason", reason)]) }
    }

    private func writeTraffic(_ traffic: HTTPServer.Traffic, _ text: inout MetricsText) {
        text.begin(
            "latchkey_http_requests_in_flight", .gauge,
            help: "Requests whose first line has arrived and whose answer has not been sent to its end.")
        text.sample(traffic.requestsInFlight)
        text.begin(
            "latchkey_http_response_bytes_in_flight", .gauge,
            help:
                "Bytes of values that are being sent, once for each reader. High while few bytes go out: slow readers keep values in memory, also such as were replaced."
        )
        text.sample(traffic.responseBytesInFlight)
        text.begin("latchkey_http_request_body_bytes_total", .counter, help: "Bytes of content received.")
        text.sample(traffic.requestBodyBytes)
        text.begin(
            "latchkey_http_response_body_bytes_total", .counter,
            help: "Bytes of content in the answers that were sent to their end.")
        text.sample(traffic.responseBodyBytes)
    }

    private func writeConnections(_ server: HTTPServer, _ text: inout MetricsText) {
        text.begin("latchkey_http_connections", .gauge, help: "Connections open now.")
        text.sample(server.connectionCount)
        text.begin(
            "latchkey_http_connections_limit", .gauge,
            help: "Connections that may be open: --max-connections, or fewer for want of file descriptors.")
        text.sample(server.connectionLimit)
        text.begin(
            "latchkey_http_workers", .gauge,
            help:
                "Threads that serve requests now, of at most --threads: fewer where they wait for cores and fewer serve more."
        )
        text.sample(server.runningWorkerCount)
        text.begin(
            "latchkey_http_waiting_requests", .gauge,
            help:
                "Requests that wait for a change (Prefer: wait) or for long work. They cost a connection and no thread."
        )
        text.sample(server.waitingCount)
    }

    /// What was refused by an answer to a request, with the words for it.
    private func rejections(_ counts: [RequestCount]) -> [(reason: String, count: UInt64)] {
        func count(_ statuses: Status...) -> UInt64 {
            counts.filter { $0.route == .none && statuses.contains($0.status) }.reduce(0) { $0 + $1.count }
        }
        func all(_ status: Status) -> UInt64 { counts.filter { $0.status == status }.reduce(0) { $0 + $1.count } }
        return [
            ("malformed", count(.badRequest)),
            ("head_too_large", count(.headerFieldsTooLarge, .uriTooLong, .contentTooLarge)),
            ("version", count(.versionNotSupported)),
            ("memory", all(.insufficientStorage)), ("unauthorized", all(.unauthorized)), ("forbidden", all(.forbidden)),
            ("host", all(.misdirectedRequest)),
        ]
    }
}
