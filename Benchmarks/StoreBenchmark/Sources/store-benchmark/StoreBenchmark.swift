import Glibc

/// Runs the mixes against the store and the other ways to share a table, and prints a line of JSON for each.
///
///     store-benchmark [CONTENDER [MIX [CLIENTS [OPERATIONS]]]]      where `all`, or nothing, means each of them
///     store-benchmark eviction [FOOTPRINT [REQUESTS]]               hit ratios instead, as a table
@main
struct StoreBenchmark {
    static let contenders = ["sharded", "one-mutex", "actor", "reader-writer", "least"]
    static let clientCounts = [1, 2, 4]
    static let defaultOperations = 2_000_000

    // On the main thread, which fills a store before it is measured: its allocator's arena is the one that the peer fills from.
    @MainActor
    static func main() async {
        var arguments = CommandLine.arguments.dropFirst().makeIterator()
        if CommandLine.arguments.dropFirst().first == "eviction" {
            _ = arguments.next()
            let footprint = arguments.next().map(number) ?? 200_000
            return EvictionComparison(footprint: footprint, requests: arguments.next().map(number) ?? 2_000_000).run()
        }
        let contenders = chosen(arguments.next(), of: Self.contenders) { $0 }
        let mixes = chosen(arguments.next(), of: Mix.all) { $0.name }
        let counts = chosen(arguments.next(), of: clientCounts) { String($0) }
        let operations = arguments.next().map(number) ?? defaultOperations
        let keys = KeySet()
        for contender in contenders {
            for mix in mixes {
                for clients in counts {
                    let measurement = Measurement(mix: mix, clients: clients, operations: operations, keys: keys)
                    report(contender, measurement, await seconds(contender, measurement))
                }
            }
        }
    }

    @MainActor
    private static func seconds(_ contender: String, _ measurement: Measurement) async -> Double {
        switch contender {
        case "sharded": measurement.seconds(ShardedStoreContender(shards: 64))
        case "one-mutex": measurement.seconds(ShardedStoreContender(shards: 1))
        case "least": measurement.seconds(LeastContender())
        case "reader-writer": measurement.seconds(ReadWriteLockContender(shards: 64))
        default: await measurement.secondsOfTasks(ActorContender())
        }
    }

    private static func report(_ contender: String, _ measurement: Measurement, _ seconds: Double) {
        let rate = Int(Double(measurement.operations * measurement.clients) / seconds)
        print(
            """
            {"contender": "\(contender)", "mix": "\(measurement.mix.name)", "threads": \(measurement.clients), \
            "operations_per_second": \(rate)}
            """)
    }

    private static func chosen<Choice>(
        _ name: String?, of all: [Choice], by nameOf: (Choice) -> String
    ) -> [Choice] {
        guard let name, name != "all" else { return all }
        guard let choice = all.first(where: { nameOf($0) == name }) else {
            fail("\(name): not one of \(all.map(nameOf).joined(separator: ", "))")
        }
        return [choice]
    }

    private static func number(_ text: String) -> Int {
        guard let number = Int(text), number > 0 else { fail("\(text): not a number above zero") }
        return number
    }

    private static func fail(_ message: String) -> Never {
        let line = "store-benchmark: \(message)\n"
        write(STDERR_FILENO, line, line.utf8.count)
        exit(2)
    }
}
