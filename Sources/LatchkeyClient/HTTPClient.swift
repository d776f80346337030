import Sockets
import TransportSecurity

/// A client of HTTP/1.1 for one service: a connection for each request. Blocks.
public struct HTTPClient: Sendable {
    /// Where the service is.
    public let service: ServiceURL
    /// How long connecting, and every later step, may take without progress.
    public let timeoutSeconds: Int
    /// Shown to the service with each request (RFC 6750 section 2.1); nil for none.
    private let token: [UInt8]?
    /// PEM texts of the authorities that a service is believed by; nil for those that the system trusts.
    private let authorities: [UInt8]?

    /// A client of `service`. Connects when there is a request.
    public init(_ service: ServiceURL, timeoutSeconds: Int = 60, token: [UInt8]? = nil, authorities: [UInt8]? = nil) {
        self.service = service
        self.timeoutSeconds = timeoutSeconds
        self.token = token
        self.authorities = authorities
    }

    /// The same client, with more patience.
    func waiting(secondsMore seconds: Int) -> HTTPClient {
        HTTPClient(service, timeoutSeconds: timeoutSeconds + seconds, token: token, authorities: authorities)
    }

    /// Sends a request and waits for the head of the final answer, which may come before all of the content is sent: the
    /// rest is kept back then.
    ///
    /// - Parameter progress: told how many bytes of the content were just sent.
    public func send(
        _ request: ClientRequest, content: RequestContent = .none, progress: (Int) -> Void = { _ in }
    ) throws(ClientFailure) -> ClientResponse {
        var request = request
        if let token { try request.add("Authorization", Array("Bearer ".utf8) + token) }
        var exchange = try Exchange(service, timeoutSeconds, authorities)
        try exchange.send(request.head(host: service.authority, contentFields: content.fields))
        switch content {
        case .none: break
        case .bytes(let bytes): try exchange.send(bytes)
        case .file(let file): try exchange.send(file, progress: progress)
        }
        return try exchange.response()
    }
}

/// What a request goes over.
private protocol Connection {
    func send(_ bytes: [UInt8]) throws(SocketFailure)
    func receive(atMost limit: Int) throws(SocketFailure) -> [UInt8]
    var hasInput: Bool { get }
}

extension ClientConnection: Connection {}
extension SecureConnection: Connection {}

/// One request, and the answer to it, on a connection of their own.
private struct Exchange {
    private let connection: any Connection
    private let timeoutSeconds: Int
    private var reader: ResponseReader
    /// The final answer, where it has come already.
    private var head: ResponseHead?
    /// Why no more can be sent; the answer may say why.
    private var sendFailure: ClientFailure?

    init(_ service: ServiceURL, _ timeoutSeconds: Int, _ authorities: [UInt8]?) throws(ClientFailure) {
        self.timeoutSeconds = timeoutSeconds
        let connection: any Connection
        do throws(SocketFailure) {
            let plain = try ClientConnection(
                host: service.host, port: service.port, timeoutSeconds: timeoutSeconds)
            connection =
                service.isSecure
                ? try SecureConnection(plain, trusting: .host(service.host, authorities: authorities)) : plain
        } catch {
            throw ClientFailure(error, timeoutSeconds: timeoutSeconds)
        }
        self.connection = connection
        reader = ResponseReader { () throws(ClientFailure) -> [UInt8] in
            do throws(SocketFailure) {
                return try connection.receive(atMost: 65_536)
            } catch {
                throw ClientFailure(error, timeoutSeconds: timeoutSeconds)
            }
        }
    }

    /// Sends `bytes`, unless the answer is there already, or sending failed before.
    mutating func send(_ bytes: [UInt8]) throws(ClientFailure) {
        while head == nil, sendFailure == nil, reader.hasBuffered || connection.hasInput {
            let next = try reader.nextHead()
            if !next.isInterim { head = next }
        }
        guard head == nil, sendFailure == nil else { return }
        do throws(SocketFailure) {
            try connection.send(bytes)
        } catch {
            sendFailure = ClientFailure(error, timeoutSeconds: timeoutSeconds)
        }
    }

    mutating func send(_ file: InputFile, progress: (Int) -> Void) throws(ClientFailure) {
        var left = file.size ?? .max
        while left > 0, head == nil, sendFailure == nil {
            let piece = try file.read(atMost: min(65_536, left))
            if piece.isEmpty { break }
            try send(file.size == nil ? Self.chunk(piece) : piece)
            progress(piece.count)
            left -= piece.count
        }
        guard head == nil, sendFailure == nil else { return }
        if file.size == nil {
            try send(Array("0\r\n\r\n".utf8))
        } else if left > 0 {
            throw .fileShrank(name: file.name, missing: left)
        }
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0d, 0x0a]
    }

    mutating func response() throws(ClientFailure) -> ClientResponse {
        do throws(ClientFailure) {
            while head == nil {
                let next = try reader.nextHead()
                if !next.isInterim { head = next }
            }
        } catch {
            throw sendFailure ?? error
        }
        return ClientResponse(head!, reader)
    }
}
