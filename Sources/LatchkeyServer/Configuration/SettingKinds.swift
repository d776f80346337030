import HTTPMessages

/// Key paths to what a setting stores.
typealias Destination<Value> = any WritableKeyPath<ServerConfiguration, Value> & Sendable

/// The kinds of settings: how each reads its text, and how it words what is allowed.
extension Setting {
    private static let defaults = ServerConfiguration()

    static func host(_ name: String, _ path: Destination<String>, _ summary: String) -> Setting {
        Setting(
            name: name, placeholder: "ADDRESS", summary: summary, allowed: "an address or a host name",
            defaultText: defaults[keyPath: path]
        ) { text, configuration in
            // A DNS name has at most 253 characters. Whether it resolves shows when it is bound.
            guard (1...253).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return false
            }
            configuration[keyPath: path] = text
            return true
        }
    }

    static func place(_ name: String, _ path: Destination<ListenAddress?>, _ summary: String) -> Setting {
        Setting(
            name: name, placeholder: "HOST:PORT", summary: summary,
            allowed: "a host and a port, such as 127.0.0.1:9090 or [::1]:9090", defaultText: ""
        ) { text, configuration in
            guard let address = ListenAddress(text) else { return false }
            configuration[keyPath: path] = address
            return true
        }
    }

    static func origins(_ name: String, _ path: Destination<TrustedOrigins>, _ summary: String) -> Setting {
        list(
            name, "ORIGIN,...", summary,
            allowed: "* or origins such as https://app.example.com, with commas between them"
        ) {
            texts, configuration in
            if texts == ["*"] {
                configuration[keyPath: path] = .all
                return true
            }
            let origins = texts.compactMap { WebOrigin($0) }
            configuration[keyPath: path] = .listed(origins)
            return origins.count == texts.count
        }
    }

    static func hosts(_ name: String, _ path: Destination<[AllowedHost]>, _ summary: String) -> Setting {
        list(
            name, "HOST[:PORT],...", summary,
            allowed: "hosts such as kv.example.com, 192.0.2.1:8080 or [2001:db8::1], with commas between them"
        ) { texts, configuration in
            let hosts = texts.compactMap { AllowedHost($0) }
            configuration[keyPath: path] = hosts
            return hosts.count == texts.count
        }
    }

    /// Texts with commas between them, at least one and each with something in it; blanks around them mean nothing.
    private static func list(
        _ name: String, _ placeholder: String, _ summary: String, allowed: String,
        assign: @escaping @Sendable ([String], inout ServerConfiguration) -> Bool
    ) -> Setting {
        Setting(name: name, placeholder: placeholder, summary: summary, allowed: allowed, defaultText: "") {
            text, configuration in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                let start = part.drop { $0 == " " }
                return String(
                    start.prefix(upTo: start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.endIndex))
            }
            return assign(parts, &configuration)
        }
    }

    /// Not empty, which an unset variable in a script would be: the service would then be open to everybody.
    static func file(_ name: String, _ path: Destination<String?>, _ summary: String) -> Setting {
        Setting(
            name: name, placeholder: "FILE", summary: summary, allowed: "the path of a file", defaultText: ""
        ) { text, configuration in
            guard !text.isEmpty else { return false }
            configuration[keyPath: path] = text
            return true
        }
    }

    static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ path: Destination<Value>, _ range: ClosedRange<Value>, _ summary: String,
        defaultText: String? = nil
    ) -> Setting {
        Setting(
            name: name, placeholder: "N", summary: summary,
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            defaultText: defaultText ?? String(defaults[keyPath: path])
        ) { text, configuration in
            // Only digits: Int would take "+5" too.
            guard text.utf8.first != UInt8(ascii: "+"), let value = Value(text), range.contains(value) else {
                return false
            }
            configuration[keyPath: path] = value
            return true
        }
    }

    static func powerOfTwo(
        _ name: String, _ path: Destination<Int>, _ range: ClosedRange<Int>, _ summary: String
    ) -> Setting {
        let plain = number(name, path, range, summary)
        return Setting(
            name: name, placeholder: plain.placeholder, summary: summary,
            allowed: "a power of two from \(range.lowerBound) to \(range.upperBound)", defaultText: plain.defaultText
        ) { text, configuration in
            var candidate = configuration
            guard plain.assign(text, &candidate), candidate[keyPath: path].nonzeroBitCount == 1 else { return false }
            configuration = candidate
            return true
        }
    }

    static func size(
        _ name: String, _ path: Destination<Int>, _ range: ClosedRange<Int>, _ summary: String,
        defaultText: String? = nil
    ) -> Setting {
        let value = defaults[keyPath: path]
        return Setting(
            name: name, placeholder: "SIZE", summary: summary,
            allowed: "a size from \(range.lowerBound) to \(range.upperBound) bytes, such as 4096, 512KiB or 64MiB",
            defaultText: defaultText ?? (value.isMultiple(of: 1 << 20) ? "\(value >> 20)MiB" : String(value))
        ) { text, configuration in
            guard let bytes = Quantity.parse(text, units: Quantity.sizeUnits), range.contains(bytes) else {
                return false
            }
            configuration[keyPath: path] = bytes
            return true
        }
    }

    static func duration(
        _ name: String, _ path: Destination<Duration>, _ range: ClosedRange<Duration>, _ rangeText: String,
        _ summary: String
    ) -> Setting {
        Setting(
            name: name, placeholder: "TIME", summary: summary,
            allowed: "a duration from \(rangeText), such as 10, 1.5s, 500ms or 2m",
            defaultText: "\(defaults[keyPath: path].components.seconds)s"
        ) { text, configuration in
            guard let nanoseconds = Quantity.parse(text, units: Quantity.durationUnits),
                range.contains(.nanoseconds(nanoseconds))
            else { return false }
            configuration[keyPath: path] = .nanoseconds(nanoseconds)
            return true
        }
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Destination<Value>, _ summary: String
    ) -> Setting {
        let names = Value.allCases.map(\.rawValue)
        let allowed = names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
        return Setting(
            name: name, placeholder: names.count > 3 ? "LEVEL" : names.joined(separator: "|"),
            summary: "\(summary): \(allowed)", allowed: allowed, defaultText: defaults[keyPath: path].rawValue
        ) { text, configuration in
            guard let value = Value(rawValue: text) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }
}
