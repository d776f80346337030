import Glibc
import PrometheusExposition
import Testing

@testable import LatchkeyServer

@Suite struct ProcessMetricsTests {
    @Test func `the figures are those of this process`() throws {
        let process = try #require(ProcessMetrics.read())
        #expect(process.residentBytes > 1 << 20)
        #expect(process.virtualBytes >= process.residentBytes)
        #expect(process.openDescriptors >= 3)
        #expect(process.maximumDescriptors >= UInt64(process.openDescriptors))
        let now = Double(time(nil))
        #expect(process.startTime > now - 86_400 && process.startTime <= now + 1)
    }

    @Test func `CPU time rises with work`() throws {
        let before = try #require(ProcessMetrics.read()).cpuSeconds
        var sum = 0.0
        // As long as it takes; a tick of the kernel's clock is 10 ms.
        repeat {
            for number in 1...100_000 { sum += Double(number).squareRoot() }
        } while try #require(ProcessMetrics.read()).cpuSeconds <= before
        #expect(sum > 0)
    }

    @Test func `all standard families are written`() throws {
        var text = MetricsText()
        text.write(try #require(ProcessMetrics.read()))
        let lines = String(decoding: text.finish(), as: UTF8.self).split(separator: "\n")
        let names = lines.filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(
            names == [
                "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                "process_open_fds", "process_max_fds", "process_start_time_seconds",
            ])
    }
}
