import ArgumentParser

/// An argument as the bytes that it was given as: keys and names of files need not be UTF-8, which texts are.
struct RawText: ExpressibleByArgument {
    let bytes: [UInt8]

    init?(argument: String) {
        bytes = argument.contains("\u{fffd}") ? Self.original(of: argument) : Array(argument.utf8)
    }

    /// The bytes of the argument that reads as `text` once what is not UTF-8 in it is replaced.
    private static func original(of text: String) -> [UInt8] {
        // Unsafe: the arguments of the process, which nobody changes.
        for position in 1..<Int(CommandLine.argc) {
            guard let argument = unsafe CommandLine.unsafeArgv[position] else { break }
            var bytes: [UInt8] = []
            while case let byte = unsafe argument[bytes.count], byte != 0 { bytes.append(UInt8(bitPattern: byte)) }
            if String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(text.utf8) { return bytes }
        }
        return Array(text.utf8)
    }
}
