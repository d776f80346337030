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

extension Option where Value == [String] {
    /// The flag of a setting that is a list, which may be given several times.
    init(wrappedValue: [String], _ setting: Setting) {
        var help = ArgumentHelp(stringLiteral: setting.help)
        help.valueName = setting.placeholder
        self.init(wrappedValue: wrappedValue, name: .customLong(setting.name), help: help)
    }
}

/// The text of a list that was given in parts, as a variable would have it; nil where none was given.
func joined(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: ",") }

/// The flags that were given, by name, out of all that could have been. Fails for what is not UTF-8, as settings are.
func givenFlags(_ texts: [(setting: Setting, text: String?)]) throws(ConfigurationError) -> [String: String] {
    var flags: [String: String] = [:]
    for case (let setting, let text?) in texts {
        let shown = ArgumentText.shown(text)
        guard shown.utf8.elementsEqual(text.utf8) else {
            throw .invalidValue(setting: setting.flag, value: shown, allowed: "UTF-8")
        }
        flags[setting.name] = text
    }
    return flags
}
