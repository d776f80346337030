import PrometheusExposition
import Testing

@Suite struct MetricsTextTests {
    private func text(_ write: (inout MetricsText) -> Void) -> String {
        var metrics = MetricsText()
        write(&metrics)
        return String(decoding: metrics.finish(), as: UTF8.self)
    }

    @Test func `a family has its help and type once, before its samples`() {
        let text = text {
            $0.begin("requests_total", .counter, help: "Requests.")
            $0.sample(3, [("code", "200"), ("method", "GET")])
            $0.sample(UInt64.max, [("code", "404")])
        }
        #expect(
            text == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{code="200",method="GET"} 3
                requests_total{code="404"} 18446744073709551615

                """)
    }

    @Test func `what would break a line is escaped`() {
        let text = text {
            $0.begin("x", .gauge, help: "a\\b\nc \"d\"")
            $0.sample(1, [("l", "a\\b\n\"c\"")])
        }
        #expect(
            text == #"""
                # HELP x a\\b\nc "d"
                # TYPE x gauge
                x{l="a\\b\n\"c\""} 1

                """#)
    }

    @Test func `histogram buckets are cumulative and end at the count`() {
        let text = text {
            $0.begin("wait_seconds", .histogram, help: "Wait.")
            $0.histogram([("op", "read")], bounds: [1e-7, 0.5, 10], counts: [1, 0, 2, 4], sum: 12.25)
        }
        #expect(
            text == """
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{op="read",le="1e-07"} 1
                wait_seconds_bucket{op="read",le="0.5"} 1
                wait_seconds_bucket{op="read",le="10"} 3
                wait_seconds_bucket{op="read",le="+Inf"} 7
                wait_seconds_sum{op="read"} 12.25
                wait_seconds_count{op="read"} 7

                """)
    }

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (0.1, "0.1"), (1.5e-9, "1.5e-09"), (1e300, "1e+300"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `numbers are spelled as Prometheus reads them`(value: Double, expected: String) {
        let text = text {
            $0.begin("x", .gauge, help: "x")
            $0.sample(value)
        }
        #expect(text.split(separator: "\n").last.map(String.init) == "x \(expected)")
    }

    @Test func `a counter without _total is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.begin("requests", .counter, help: "")
        }
    }

    @Test func `a name outside the grammar is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.begin("9 lives", .gauge, help: "")
        }
    }

    @Test func `a sample outside any family is a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.sample(1)
        }
    }

    @Test func `OpenMetrics has counters without their suffix, whole bounds with a fraction, and an end`() {
        var metrics = MetricsText(.openMetrics)
        metrics.begin("requests_total", .counter, help: "A \"request\".")
        metrics.sample(3)
        metrics.begin("wait_seconds", .histogram, help: "Wait.")
        metrics.histogram(bounds: [1e-7, 0.5, 10], counts: [1, 0, 2, 4], sum: 12)
        #expect(
            String(decoding: metrics.finish(), as: UTF8.self) == #"""
                # HELP requests A \"request\".
                # TYPE requests counter
                requests_total 3
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="1e-07"} 1
                wait_seconds_bucket{le="0.5"} 1
                wait_seconds_bucket{le="10.0"} 3
                wait_seconds_bucket{le="+Inf"} 7
                wait_seconds_sum 12
                wait_seconds_count 7
                # EOF

                """#)
    }

    @Test func `a name is taken once, also where only the suffix differs`() async {
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.begin("x_total", .counter, help: "")
            metrics.begin("x", .gauge, help: "")
        }
    }
}
