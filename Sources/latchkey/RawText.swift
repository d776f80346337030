import ArgumentParser

/// An argument as the bytes that it was given as: keys, names of files and fields need not be UTF-8, which texts are.
struct RawText: ExpressibleByArgument {
    let bytes: [UInt8]

    init?(argument: String) { bytes = ArgumentText.bytes(argument) }
}

/// Arguments as texts that lose nothing, since the parser takes texts only.
///
/// Each byte that is not part of UTF-8 becomes one of 128 private scalars, and so do the bytes of those scalars
/// themselves where an argument has them; so each text stands for one argument.
enum ArgumentText {
    /// U+10FE80 to U+10FEFF: the byte in the low eight bits.
    private static let standIns: ClosedRange<Unicode.Scalar> = "\u{10fe80}"..."\u{10feff}"

    /// What to give to the parser: the arguments of this process but for its name.
    static func ofProcess() -> [String] {
        // Unsafe: the arguments of the process, which nobody changes.
        (1..<max(1, Int(CommandLine.argc))).compactMap { position in
            unsafe CommandLine.unsafeArgv[position].map { argument in
                var bytes: [UInt8] = []
                while case let byte = unsafe argument[bytes.count], byte != 0 { bytes.append(UInt8(bitPattern: byte)) }
                return text(bytes)
            }
        }
    }

    /// The text that stands for an argument of these bytes. O(n).
    static func text(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        var position = 0
        while true {
            let end: Int
            switch parser.parseScalar(from: &input) {
            case .emptyInput: return String(text)
            case .error(let length): end = position + length
            case .valid(let encoded):
                end = position + encoded.count
                let scalar = Unicode.UTF8.decode(encoded)
                if !standIns.contains(scalar) {
                    text.append(scalar)
                    position = end
                }
            }
            for byte in bytes[position..<end] { text.append(Unicode.Scalar(0x10fe00 | UInt32(byte))!) }
            position = end
        }
    }

    /// The argument that `text` stands for. O(n).
    static func bytes(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar in
            standIns.contains(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(scalar.utf8)
        }
    }

    /// `text` as it may be shown: with U+FFFD for each byte that is not UTF-8. O(n).
    static func shown(_ text: String) -> String { String(decoding: bytes(text), as: UTF8.self) }
}

extension Unicode.Scalar {
    fileprivate var utf8: some Sequence<UInt8> { UTF8.encode(self)! }
}
