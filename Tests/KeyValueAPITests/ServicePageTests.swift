import KeyValueAPI
import Testing

/// The pages that come in several forms: the metrics, and what stands at `/`.
@Suite struct ServicePageTests {
    private static let text = "text/plain; version=0.0.4; charset=utf-8"
    private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @Test(arguments: ["GET", "HEAD"])
    func `metrics come as text, and say what their form depends on`(method: String) {
        let client = InProcessClient()
        for target in ["/metrics", "/metrics?x=1", "http://any.host:80/metrics"] {
            let answer = client.send(method, target)
            #expect(answer.status == 200)
            #expect(answer.names == ["Cache-Control", "Content-Type", "Date", "Vary"])
            #expect(answer["Content-Type"] == Self.text)
            #expect(answer["Vary"] == "Accept, Accept-Encoding")
            #expect(answer.text == "metrics\n")
            #expect(answer.route == .metrics)
        }
        #expect(client.acquisitions == 0)
    }

    @Test(arguments: [
        // As Prometheus 2.42 and 2.53 send it, and with an escaping scheme as 3 does.
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        "application/openmetrics-text", "APPLICATION/OPENMETRICS-TEXT; version=0.0.1",
        "text/plain;q=0.2, application/openmetrics-text;q=0.2",
    ])
    func `whoever would rather have OpenMetrics gets it`(accept: String) {
        let answer = InProcessClient().send("GET", "/metrics", ["Accept": accept])
        #expect(answer["Content-Type"] == Self.openMetrics)
        #expect(answer.text == "openmetrics\n")
    }

    @Test(arguments: [
        "*/*", "application/*", "text/plain", "application/openmetrics-text;q=0", "application/json", "text/html",
        "nonsense",
        "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=0.3,text/plain;q=0.5",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ])
    func `all others get the text format`(accept: String) {
        let answer = InProcessClient().send("GET", "/metrics", ["Accept": accept])
        #expect(answer["Content-Type"] == Self.text)
        #expect(answer.text == "metrics\n")
    }

    @Test(arguments: ["gzip", "deflate, gzip;q=0.5", "*", "br, x-gzip", "GZIP", "gzip;q=1, identity;q=0.5"])
    func `metrics are gzipped for those who take that`(encoding: String) {
        let answer = InProcessClient().send("GET", "/metrics", ["Accept-Encoding": encoding])
        #expect(answer["Content-Encoding"] == "gzip")
        #expect(answer["Vary"] == "Accept, Accept-Encoding")
        #expect(answer.text == "zipped 8")
    }

    @Test(arguments: ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "gzip;q=0.2, identity", "*;q=0"])
    func `metrics stay as they are for all others`(encoding: String) {
        let answer = InProcessClient().send("GET", "/metrics", ["Accept-Encoding": encoding])
        #expect(answer["Content-Encoding"] == nil)
        #expect(answer.text == "metrics\n")
    }

    @Test func `a browser gets the live page, which may run no script but its own`() {
        let firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
        let answer = InProcessClient().send("GET", "/", ["Accept": firefox])
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer["Content-Security-Policy"] == "default-src 'none'")
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(answer["Vary"] == "Accept, Accept-Encoding")
        #expect(answer.text == "<!doctype html>\n")
        let packed = InProcessClient().send("GET", "/", ["Accept": firefox, "Accept-Encoding": "gzip, deflate, br"])
        #expect(packed["Content-Encoding"] == "gzip")
        #expect(packed.text == "zipped")
    }

    @Test(arguments: [
        "*/*", "text/plain", "text/*", "text/html;q=0.5, text/plain", "text/html;q=0", "application/json",
    ])
    func `a terminal gets text`(accept: String) {
        let answer = InProcessClient().send("GET", "/", ["Accept": accept])
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer["Content-Security-Policy"] == nil)
        #expect(answer["Vary"] == "Accept, Accept-Encoding")
        #expect(answer.text == "help\n")
    }
}
