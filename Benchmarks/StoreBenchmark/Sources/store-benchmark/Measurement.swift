/// How a mix is run: so many clients at once, each with so many operations, on a store that has every key.
struct Measurement {
    let mix: Mix
    let clients: Int
    let operations: Int
    let keys: KeySet

    /// Seconds until all clients were done, each on a thread of its own.
    func seconds(_ store: some Contender) -> Double {
        for position in 0..<KeySet.count { store.insert(keys[position], filledWith: UInt8(ascii: "x")) }
        return secondsOnThreads(clients) { client in
            var sequence = OperationSequence(mix: mix, client: client)
            var sum = 0
            for _ in 0..<operations {
                let (operation, position) = sequence.next()
                let key = keys[position]
                switch operation {
                case .read: sum &+= store.read(key)
                case .insert: store.insert(key, filledWith: UInt8(ascii: "y"))
                case .remove: store.remove(key)
                case .update: store.update(key, filledWith: UInt8(ascii: "z"))
                }
            }
            return sum
        }
    }

    /// As `seconds`, with a task for each client, on the threads of Swift's pool: one a core.
    func secondsOfTasks(_ store: some MessageContender) async -> Double {
        for position in 0..<KeySet.count { await store.insert(keys[position], filledWith: UInt8(ascii: "x")) }
        let clock = ContinuousClock()
        let start = clock.now
        await withTaskGroup { group in
            for client in 0..<clients { group.addTask { await run(store, client) } }
            await group.waitForAll()
        }
        return (clock.now - start) / .seconds(1)
    }

    private func run(_ store: some MessageContender, _ client: Int) async -> Int {
        var sequence = OperationSequence(mix: mix, client: client)
        var sum = 0
        for _ in 0..<operations {
            let (operation, position) = sequence.next()
            let key = keys[position]
            switch operation {
            case .read: sum &+= await store.read(key)
            case .insert: await store.insert(key, filledWith: UInt8(ascii: "y"))
            case .remove: await store.remove(key)
            case .update: await store.update(key, filledWith: UInt8(ascii: "z"))
            }
        }
        return sum
    }
}
