import ArgumentParser
import LatchkeyServer

extension Option where Value == String? {
    /// The flag of a setting. Its text is taken as it is: the configuration judges it, wherever it comes from.
    init(_ setting: Setting) {
        var help = ArgumentHelp(stringLiteral: setting.help)
        help.valueName = setting.placeholder
        self.init(name: .customLong(setting.name), help: help)
    }
}

/// The flags that were given, by name, out of all that could have been.
func givenFlags(_ texts: [(setting: Setting, text: String?)]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: texts.compactMap { setting, text in text.map { (setting.name, $0) } })
}
