import Configuration

/// One place where settings come from, and how a setting is spelled there.
struct ConfigurationLayer {
    let provider: any ConfigProvider
    let spelling: (Setting) -> String

    /// The flags of the command line, by name without dashes. A name that is no setting is a programmer's error.
    init(flags: [String: String]) {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, text) in flags {
            precondition(Self.known[name] != nil, "flag \(name) is not in the table of settings")
            values[AbsoluteConfigKey([name])] = ConfigValue(.string(text), isSecret: false)
        }
        provider = InMemoryProvider(name: "flags", values: values)
        spelling = \.flag
    }

    /// The environment variables of ours. Throws for one that is no setting.
    init(environment: [String: String]) throws(ConfigurationError) {
        let ours = environment.filter { name, value in
            name.hasPrefix(Setting.variablePrefix) && name != Setting.clientURLVariable && !isServiceLink(name, value)
        }
        let variables = Set(Self.known.values.map(\.variable))
        // The least, so that the same mistakes always get the same message.
        if let unknown = ours.keys.filter({ !variables.contains($0) }).min() {
            throw .unknownSetting(unknown)
        }
        provider = EnvironmentVariablesProvider(environmentVariables: ours).prefixKeys(with: "latchkey")
        spelling = \.variable
    }

    /// The JSON file at `path`. Throws for one that cannot be used, and for a key that is no setting.
    init(file path: String) async throws(ConfigurationError) {
        let file = try await SettingsFile.open(path)
        if let unknown = file.names.filter({ Setting.config.name == $0 || Self.known[$0] == nil }).min() {
            throw .unknownSetting("\(unknown) in \(path)")
        }
        provider = file.provider
        spelling = { "\($0.name) in \(path)" }
    }

    /// Whether `setting` has a value here.
    func defines(_ setting: Setting) -> Bool {
        (try? provider.value(forKey: AbsoluteConfigKey([setting.name]), type: .string))?.value != nil
    }

    private static let known = Dictionary(
        uniqueKeysWithValues: (Setting.all + [Setting.config]).map { ($0.name, $0) })
}

/// Whether a variable comes from Kubernetes, which describes each service of a namespace to its pods: a service named
/// `latchkey` sets `LATCHKEY_SERVICE_HOST` and `LATCHKEY_PORT=tcp://10.0.0.1:80`. Nobody wrote those as settings.
private func isServiceLink(_ name: String, _ value: String) -> Bool {
    let parts = name.split(separator: "_")
    let isService = zip(parts, parts.dropFirst()).contains { first, second in
        first == "SERVICE" && (second == "HOST" || second == "PORT")
    }
    let isPortOfProtocol = zip(parts, zip(parts.dropFirst(), parts.dropFirst(2))).contains { first, rest in
        first == "PORT" && UInt16(rest.0) != nil && ["TCP", "UDP", "SCTP"].contains(rest.1)
    }
    let isAddress = ["tcp://", "udp://", "sctp://"].contains { value.hasPrefix($0) }
    return isService || isPortOfProtocol || (parts.last == "PORT" && isAddress)
}
