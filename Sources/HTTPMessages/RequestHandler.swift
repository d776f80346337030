public import ByteBuffers

/// What answers requests, without knowing how they arrive. Called on all of the HTTP engine's threads at once.
///
/// For each request: `refusal` and `receive` when its fields have arrived, then `respond` when all of it has, and `addedLines` for
/// whatever is answered.
public protocol RequestHandler: AnyObject, Sendable {
    /// Whether `refusal` is to be asked about all requests, and not only about those of pages. The same at all times: the engine
    /// asks once.
    var isGuarded: Bool { get }

    /// The answer to a request that is not to be carried out, whoever may send another; nil for all others. Its content
    /// is not read. Called first, where the handler is guarded or the request has one of `FieldNameSet.browser`.
    func refusal(of request: Request) -> Response?

    /// Decides what to do with a request whose content has not arrived yet. Not called for those that bring none
    /// (`Request.mayBringContent`, or content in chunks), which are answered at their end.
    ///
    /// - Parameter builder: where the content goes, if the decision is to take it, which needs one; nil until it is set.
    func receive(_ request: Request, into builder: inout BytesBuilder?) -> Reception

    /// What is to look at the content of a request, where `receive` has decided so.
    func contentCheck(of request: Request) -> any ContentCheck

    /// Answers a request that has arrived completely, or as far as its content was taken. With a body of `later`, the
    /// request waits for its answer, without a thread or a timer of its own.
    func respond(to request: Request, upload: consuming Upload) -> Response

    /// The field lines that any answer to `request` has beside its own, each after a CRLF. Asked where it has `Origin`.
    func addedLines(for request: Request) -> SharedBytes?
}

extension RequestHandler {
    /// Everybody may send everything.
    public var isGuarded: Bool { false }

    /// Nothing is refused.
    public func refusal(of request: Request) -> Response? { nil }

    /// There are none.
    public func addedLines(for request: Request) -> SharedBytes? { nil }

    /// No content is checked.
    public func contentCheck(of request: Request) -> any ContentCheck {
        preconditionFailure("a check by a handler that has none")
    }
}

/// Looks at one request's content as it arrives. Called on the thread of the request's event loop, in order.
public protocol ContentCheck: AnyObject, Sendable {
    /// The next piece, of a few KiB. Not called for content that the builder did not take.
    func take(_ piece: BorrowedBytes)

    /// The answer to a request whose content is not to be acted upon, now that all of it has been seen; nil where nothing is wrong
    /// with it. Called once at most.
    func refusal(of request: Request) -> Response?
}

/// What to do with a request's content.
public enum Reception: Sendable {
    /// Skip the content, if there is any, and answer at its end.
    case respondAtEnd
    /// Put the content into the builder, and answer at its end.
    case take
    /// The same, and show each piece to a `contentCheck(of:)`.
    case takeChecking
    /// Skip the content and give this answer at its end.
    case skip(Response)
    /// Give this answer at once, without reading the content; the connection cannot be used again.
    case refuse(Response)
}

/// What came of the content.
public enum Upload: ~Copyable {
    /// None was asked for.
    case none
    /// All of it is in the builder.
    case complete(BytesBuilder)
    /// It was longer than the builder takes, and is gone.
    case tooLarge
    /// The builder's allowance had no memory for it, and it is gone.
    case denied
}
