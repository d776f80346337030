import HTTPMessages
import KeyValueStore
import LatchkeyServer
import Logging
import Testing

@Suite struct ConfigurationLayersTests {
    @Test func `nothing given leaves the defaults`() async throws {
        let configuration = try await loadConfiguration()
        #expect(configuration == ServerConfiguration())
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.port == 8080)
        #expect(configuration.shards == 64)
        #expect(configuration.maxValueBytes == 67_108_864)
        #expect(configuration.defaultTTL == .zero)
        #expect((1...1024).contains(configuration.threads))
    }

    @Test func `every default text spells its default`() async throws {
        for setting in Setting.all
        where !["threads", "max-memory", "max-upload-bytes"].contains(setting.name) && !setting.defaultText.isEmpty {
            let configuration = try await loadConfiguration(flags: [setting.name: setting.defaultText])
            #expect(configuration == ServerConfiguration(), "\(setting.name)")
        }
    }

    @Test func `a flag wins over the environment, which wins over the file`() async throws {
        try await withSettingsFile(#"{"port": 3, "shards": 4, "threads": 5}"#) { path in
            let configuration = try await loadConfiguration(
                flags: ["config": path, "port": "1"],
                environment: ["LATCHKEY_PORT": "2", "LATCHKEY_SHARDS": "8"])
            #expect(configuration.port == 1)
            #expect(configuration.shards == 8)
            #expect(configuration.threads == 5)
            #expect(configuration.maxKeyBytes == 1024)
        }
    }

    @Test func `the environment can name the file, and a flag another one`() async throws {
        try await withSettingsFile(#"{"port": 1}"#) { first in
            try await withSettingsFile(#"{"port": 2}"#) { second in
                let environment = ["LATCHKEY_CONFIG": first]
                let byVariable = try await loadConfiguration(environment: environment)
                let byFlag = try await loadConfiguration(flags: ["config": second], environment: environment)
                #expect(byVariable.port == 1)
                #expect(byFlag.port == 2)
            }
        }
    }

    @Test func `every setting can be set in every layer`() async throws {
        let texts = [
            "host": "::1", "port": "1", "threads": "3", "shards": "2", "max-value-bytes": "1KiB",
            "max-key-bytes": "5", "default-ttl": "9", "max-memory": "512MiB",
            "max-upload-bytes": "100MiB", "eviction": "s3-fifo", "max-connections": "6",
            "max-connections-per-address": "7", "header-timeout": "1m", "body-timeout": "2m", "request-timeout": "3m",
            "write-timeout": "4m", "min-rate": "1KiB", "idle-timeout": "7", "admin-listen": "[::1]:9",
            "cors-origin": "https://b, http://A:80", "allowed-hosts": "a,[::1]:2", "token-file": "/a", "tls-cert": "/c",
            "tls-key": "/k", "read-token-file": "/b", "drain-delay": "7ms", "drain-timeout": "8ms",
            "access-log": "targets", "slow-request": "9ms",
            "log-level": "error", "log-format": "json",
        ]
        #expect(Set(texts.keys) == Set(Setting.all.map(\.name)))
        var expected = ServerConfiguration()
        expected.host = "::1"
        expected.port = 1
        expected.threads = 3
        expected.shards = 2
        expected.maxValueBytes = 1024
        expected.maxKeyBytes = 5
        expected.defaultTTL = .seconds(9)
        expected.maxMemory = 512 << 20
        expected.maxUploadBytes = 100 << 20
        expected.eviction = .s3FIFO
        expected.maxConnections = 6
        expected.maxConnectionsPerAddress = 7
        expected.headerTimeout = .seconds(60)
        expected.bodyTimeout = .seconds(120)
        expected.requestTimeout = .seconds(180)
        expected.writeTimeout = .seconds(240)
        expected.minRate = 1024
        expected.idleTimeout = .seconds(7)
        expected.adminListen = ListenAddress(host: "::1", port: 9)
        expected.tokenFile = "/a"
        expected.readTokenFile = "/b"
        expected.corsOrigin = .listed([try #require(WebOrigin("https://b")), try #require(WebOrigin("http://a"))])
        expected.allowedHosts = [try #require(AllowedHost("a")), try #require(AllowedHost("[::1]:2"))]
        expected.tlsCertificate = "/c"
        expected.tlsKey = "/k"
        expected.drainDelay = .milliseconds(7)
        expected.drainTimeout = .milliseconds(8)
        expected.accessLog = .targets
        expected.slowRequest = .milliseconds(9)
        expected.logLevel = .error
        expected.logFormat = .json
        let variables = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.variable, texts[$0.name] ?? "") })
        let members = texts.map { #""\#($0)": "\#($1)""# }.joined(separator: ",")
        #expect(try await loadConfiguration(flags: texts) == expected)
        #expect(try await loadConfiguration(environment: variables) == expected)
        try await withSettingsFile("{\(members)}") { path in
            let configuration = try await loadConfiguration(flags: ["config": path])
            #expect(configuration == expected)
        }
    }

    @Test func `tokens for reading need those for writing, wherever they are set`() async throws {
        let flag = await configurationComplaint(flags: ["read-token-file": "/b"])
        #expect(flag == "--read-token-file needs --token-file too")
        let variable = await configurationComplaint(environment: ["LATCHKEY_READ_TOKEN_FILE": "/b"])
        #expect(variable == "LATCHKEY_READ_TOKEN_FILE needs --token-file too")
        #expect(await configurationComplaint(flags: ["tls-cert": "/c"]) == "--tls-cert needs --tls-key too")
        #expect(await configurationComplaint(flags: ["tls-key": "/k"]) == "--tls-key needs --tls-cert too")
        let both = try await loadConfiguration(
            flags: ["read-token-file": "/b"], environment: ["LATCHKEY_TOKEN_FILE": "/a"])
        #expect(both.tokenFile == "/a" && both.readTokenFile == "/b")
    }

    @Test func `a variable is named after its flag`() {
        #expect(Setting.maxValueBytes.variable == "LATCHKEY_MAX_VALUE_BYTES")
        #expect(Setting.maxValueBytes.flag == "--max-value-bytes")
    }

    @Test func `variables of other programs are left alone`() async throws {
        let environment = ["PORT": "1", "latchkey_port": "2", "LATCHKEYPORT": "3", "PATH": "/bin"]
        #expect(try await loadConfiguration(environment: environment).port == 8080)
    }

    @Test func `variables that describe a service to a pod are no settings`() async throws {
        let environment = [
            "LATCHKEY_SERVICE_HOST": "10.0.0.1", "LATCHKEY_SERVICE_PORT": "80", "LATCHKEY_SERVICE_PORT_HTTP": "80",
            "LATCHKEY_PORT": "tcp://10.0.0.1:80", "LATCHKEY_PORT_80_TCP": "tcp://10.0.0.1:80",
            "LATCHKEY_PORT_80_TCP_ADDR": "10.0.0.1", "LATCHKEY_PORT_80_TCP_PORT": "80",
            "LATCHKEY_PORT_80_TCP_PROTO": "tcp", "LATCHKEY_ADMIN_PORT": "udp://10.0.0.2:9",
            "LATCHKEY_ADMIN_SERVICE_HOST": "10.0.0.2", "LATCHKEY_SHARDS": "2",
        ]
        let configuration = try await loadConfiguration(environment: environment)
        #expect(configuration.port == 8080)
        #expect(configuration.shards == 2)
    }

    @Test func `the variable of the clients is left alone`() async throws {
        let environment = ["LATCHKEY_URL": "http://10.0.0.1", "LATCHKEY_SHARDS": "2"]
        #expect(try await loadConfiguration(environment: environment).shards == 2)
    }

    @Test(arguments: [["LATCHKEY_PROT": "1", "LATCHKEY_SHARDZ": "2"], ["LATCHKEY_": "1"]])
    func `a variable that is no setting is refused by its name`(environment: [String: String]) async throws {
        let first = try #require(environment.keys.min())
        let complaint = await configurationComplaint(environment: environment)
        #expect(complaint == "\(first) is not a setting; see latchkey --help")
    }
}
