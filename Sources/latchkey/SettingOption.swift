import ArgumentParser
import LatchkeyServer

extension Option where Value == String? {
    /// The flag of a setting. Its text is taken as it is: the configuration judges it, wherever it comes from.
    init(_ setting: Setting) {
        self.init(
            name: .customLong(setting.name),
            help: ArgumentHelp(stringLiteral: setting.help).named(setting.placeholder))
    }
}

extension ArgumentHelp {
    fileprivate func named(_ placeholder: String) -> ArgumentHelp {
        var help = self
        help.valueName = placeholder
        return help
    }
}
