import ByteBuffers
import CMicroHTTPD
import Glibc
import HTTPMessages
import Synchronization

// Turning a `Response` into one of libmicrohttpd's, and queueing it.
extension EventLoop {
    /// Queues `response` and counts it. Only in a call of the access handler, on the loop's thread.
    func queue(_ response: Response, on connection: OpaquePointer, method: Method) -> MHD_Result {
        guard let queued = makeResponse(response) else { return .NO }
        defer { MHD_destroy_response(queued) }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        date.update(now: Int64(time.tv_sec))
        fieldLines.set(to: response, date: date)
        fieldLines.add(to: queued)
        if isDraining.load(ordering: .relaxed) { MHD_add_response_header(queued, "Connection", "close") }
        counters.count(method, response.route, response.status)
        return MHD_queue_response(connection, UInt32(response.status.rawValue), queued)
    }

    private func makeResponse(_ response: Response) -> OpaquePointer? {
        switch response.body {
        case .none:
            return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .shared(let bytes):
            // The library sends from the entry itself, and gives the reference back on whichever thread is the last.
            let (start, owner) = bytes.lend()
            let made = MHD_create_response_from_buffer_with_free_callback_cls(
                bytes.count, UnsafeMutableRawPointer(mutating: start), endLoan, owner)
            if made == nil { SharedBytes.endLoan(owner) }
            return made
        }
    }
}

/// `MHD_ContentReaderFreeCallback` for lent bytes.
private func endLoan(owner: UnsafeMutableRawPointer?) {
    if let owner { SharedBytes.endLoan(owner) }
}

extension FieldLines {
    /// Adds the lines to a response: in one piece where this version of the library is known to send a field's value
    /// as it lies in memory, else one by one.
    fileprivate borrowing func add(to response: OpaquePointer) {
        guard sendsValuesVerbatim else {
            forEach { name, value in MHD_add_response_header(response, name, value) }
            return
        }
        // Each field costs the library three allocations, so all of them travel as the value of the first: it is added
        // with a placeholder of the right length, since the library refuses line ends, and then overwritten.
        let name = UnsafeRawPointer(Self.firstName.utf8Start).assumingMemoryBound(to: CChar.self)
        MHD_add_response_header(response, name, placeholder + (Self.capacity - count))
        guard let value = MHD_get_response_header(response, name) else { return }
        bytes.withUnsafeBytes {
            UnsafeMutableRawPointer(mutating: value).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
    }
}

/// `FieldLines.capacity` bytes and a NUL: its last n bytes are a placeholder for n bytes.
private nonisolated(unsafe) let placeholder: UnsafePointer<CChar> = {
    // Never written again, so shared by all threads; never freed.
    let length = FieldLines.capacity
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: length + 1)
    text.initialize(repeating: CChar(bitPattern: UInt8(ascii: "-")), count: length)
    (text + length).initialize(to: 0)
    return UnsafePointer(text)
}()

/// Versions whose source was read for this.
private let sendsValuesVerbatim = ["0.9.75"].contains(String(cString: MHD_get_version()))
