/// An exact cache of `capacity` keys, to compare with: least recently used, or first in first out.
struct ReferenceCache {
    private let capacity: Int
    private let movesOnHit: Bool
    private var places: [UInt32: Int] = [:]
    private var keys: [UInt32]
    private var newer: [Int]
    private var older: [Int]
    private var newest = -1
    private var oldest = -1

    /// An empty cache. With `movesOnHit` the one that goes is the least recently used.
    init(capacity: Int, movesOnHit: Bool) {
        self.capacity = capacity
        self.movesOnHit = movesOnHit
        keys = .init(repeating: 0, count: capacity)
        newer = .init(repeating: -1, count: capacity)
        older = newer
        places.reserveCapacity(capacity)
    }

    /// Asks for a key, which is there afterwards.
    ///
    /// - Returns: whether it was before.
    mutating func request(_ key: UInt32) -> Bool {
        if let place = places[key] {
            if movesOnHit, place != newest {
                unlink(place)
                link(place)
            }
            return true
        }
        var place = places.count
        if place == capacity {
            place = oldest
            unlink(place)
            places[keys[place]] = nil
        }
        keys[place] = key
        places[key] = place
        link(place)
        return false
    }

    private mutating func unlink(_ place: Int) {
        if older[place] >= 0 { newer[older[place]] = newer[place] } else { oldest = newer[place] }
        if newer[place] >= 0 { older[newer[place]] = older[place] } else { newest = older[place] }
    }

    private mutating func link(_ place: Int) {
        older[place] = newest
        newer[place] = -1
        if newest >= 0 { newer[newest] = place } else { oldest = place }
        newest = place
    }
}
