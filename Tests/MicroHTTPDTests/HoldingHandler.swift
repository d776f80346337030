import ByteBuffers
import Foundation
import HTTPMessages

/// Answers all alike, and `/hold` when it is told to: the event loop stands still meanwhile.
final class HoldingHandler: RequestHandler {
    private let held = DispatchSemaphore(value: 0)
    private let gate = DispatchSemaphore(value: 0)

    func waitUntilHeld() { held.wait() }
    func release() { gate.signal() }

    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception { .respondAtEnd }

    func respond(to request: Request, upload: consuming Upload) -> Response {
        if request.target.path == "/hold" {
            held.signal()
            gate.wait()
        }
        return Response(.noContent, route: RouteID(rawValue: 0))
    }
}
