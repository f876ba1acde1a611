import ArgumentParser
import Server

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Explain every key of the configuration.",
        discussion: "A key is taken from --set, else from the environment, else from the configuration file.")

    func run() {
        for key in ConfigurationKey.all {
            print(
                "\(key.name)\n    \(key.explanation)\n    environment: \(key.environmentName)   default: \(key.fallback)\n"
            )
        }
    }
}
