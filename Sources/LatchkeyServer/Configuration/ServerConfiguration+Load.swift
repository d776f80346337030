import Configuration

extension ServerConfiguration {
    /// The configuration that flags, environment and file make together; the first of them that has a setting wins,
    /// and the default stands where none has.
    ///
    /// - Parameters:
    ///   - flags: The text of each flag that was given, by its name without dashes: `max-value-bytes`.
    ///   - environment: All environment variables; those that start with `LATCHKEY_` are looked at.
    /// - Throws: `ConfigurationError` for the first problem found.
    public static func load(
        flags: [String: String], environment: [String: String]
    ) async throws(ConfigurationError) -> ServerConfiguration {
        var layers = [ConfigurationLayer(flags: flags), try ConfigurationLayer(environment: environment)]
        if let path = try configurationFile(layers) {
            layers.append(try await ConfigurationLayer(file: path))
        }
        let reader = ConfigReader(providers: layers.map(\.provider))
        var configuration = ServerConfiguration()
        for setting in Setting.all {
            guard let text = reader.string(forKey: setting.key) else { continue }
            guard setting.assign(text, &configuration) else {
                throw .invalidValue(setting: spelling(of: setting, in: layers), value: text, allowed: setting.allowed)
            }
        }
        for (setting, other) in Setting.dependent where layers.contains(where: { $0.defines(setting) }) {
            guard layers.contains(where: { $0.defines(other) }) else {
                throw .incomplete(setting: spelling(of: setting, in: layers), needs: other.flag)
            }
        }
        return configuration
    }

    private static func configurationFile(_ layers: [ConfigurationLayer]) throws(ConfigurationError) -> String? {
        let reader = ConfigReader(providers: layers.map(\.provider))
        let path = reader.string(forKey: Setting.config.key)
        if path == "" {
            let setting = Setting.config
            throw .invalidValue(setting: spelling(of: setting, in: layers), value: "", allowed: setting.allowed)
        }
        return path
    }

    /// What the user wrote to set `setting`: the reader tells the value, not which layer gave it.
    private static func spelling(of setting: Setting, in layers: [ConfigurationLayer]) -> String {
        let layer = layers.first { $0.defines(setting) }
        return layer?.spelling(setting) ?? setting.name
    }
}

extension Setting {
    var key: ConfigKey { ConfigKey([name]) }
}
