import ByteBuffers

// A walk over all entries, segment by segment, in an order that no growth changes: the directory's bits of the hash come
// first, and a segment, however often it was split, holds all keys of one stretch of that order.
extension Table {
    /// The place in the order of walks of a key with this hash; different for different hashes.
    static func order(of hash: UInt64) -> UInt64 {
        directoryBits(of: hash) << 32 | (hash & 0x1ff) << 23 | hash >> 41
    }

    /// Adds all entries of the segment that `order` lies in to `entries`, each as one more owner. O(`Segment.slotCount`);
    /// allocates nothing where `entries` has room for `Segment.maximumCount` more.
    ///
    /// - Returns: where the next segment begins, nil after the last.
    func collect(at order: UInt64, into entries: inout [Entry]) -> UInt64? {
        let segment = segment(at: order)
        for position in 0..<Segment.slotCount where !segment[position].isEmpty {
            entries.append(segment[position].entry)
        }
        return Self.end(of: segment, at: order)
    }

    /// What a step of a sweep has found.
    struct SweepStep {
        /// Where to go on, nil at the end.
        var next: UInt64?
        /// No entry of what the step went over expires before this.
        var earliestDeadline = Entry.never
    }

    /// Segments that one step of a sweep looks at.
    private static let segmentsAStep = 128

    /// Goes over segments from the one that `order` lies in on, up to the first with entries that have expired at `now`,
    /// and moves those out of the table into `expired`. O(`Segment.slotCount`); allocates nothing where `expired` has room for
    /// `Segment.maximumCount` more.
    mutating func removeExpired(from order: UInt64, now: UInt64, into expired: inout [Entry]) -> SweepStep {
        var step = SweepStep(next: order)
        for _ in 0..<Self.segmentsAStep {
            guard let order = step.next else { break }
            let segment = segment(at: order)
            step.next = Self.end(of: segment, at: order)
            let isDue = segment.earliestDeadline <= now
            if isDue { removeExpired(in: segment, now: now, into: &expired) }
            step.earliestDeadline = min(step.earliestDeadline, segment.earliestDeadline)
            if isDue { break }
        }
        return step
    }

    private mutating func removeExpired(in segment: Segment, now: UInt64, into expired: inout [Entry]) {
        var earliest = Entry.never
        var position = 0
        while position < Segment.slotCount {
            let slot = segment[position]
            let deadline = slot.isEmpty ? Entry.never : slot.memory.deadline
            if deadline <= now {
                expired.append(slot.takeEntry())
                // What follows may have moved here: look again. What has wrapped around to behind here was seen before.
                segment.remove(at: position)
                count -= 1
            } else {
                earliest = min(earliest, deadline)
                position += 1
            }
        }
        segment.earliestDeadline = earliest
    }

    private func segment(at order: UInt64) -> Segment { directory[Int((order >> 32) >> UInt64(32 - depth))] }

    private static func end(of segment: Segment, at order: UInt64) -> UInt64? {
        let shift = UInt64(64 - segment.depth)
        // With a depth of 0 the shift is 64, which leaves nothing: the segment is all there is.
        let end = ((order >> shift) + 1) << shift
        return end == 0 ? nil : end
    }
}
