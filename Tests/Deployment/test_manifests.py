"""The compose file, the Kubernetes manifest and the systemd unit: valid, hardened, and in agreement with the server."""

import configparser
import pathlib
import re
import sys
import tempfile
import unittest

import kubernetes_validate
import yaml

from places import BINARY, DEPLOY, ROOT, run

KUBERNETES_VERSION = "1.37"
# Of 100, as systemd-analyze counts: what a unit may do that it need not.
EXPOSURE_LIMIT = 20


def drain_seconds():
    """Delay and time-out by the server's own defaults."""
    _, text = run(BINARY, "--help")
    delay, timeout = re.findall(r"--drain-(?:delay|timeout) TIME +\(default (\d+)s\)", text)
    return int(delay) + int(timeout)


def flag_of(name):
    """The flag that the variable LATCHKEY_NAME stands for."""
    return "--" + name.removeprefix("LATCHKEY_").lower().replace("_", "-")


class ManifestTests(unittest.TestCase):
    def check_settings(self, names):
        _, text = run(BINARY, "--help")
        flags = set(re.findall(r"(?m)^ +(--[a-z-]+) ", text))
        self.assertLessEqual({flag_of(name) for name in names}, flags)


class ComposeTests(ManifestTests):
    FILE = DEPLOY / "compose.yaml"

    def setUp(self):
        self.services = yaml.safe_load(self.FILE.read_text())["services"]

    def validate(self, file):
        return run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file)

    def test_file_holds_to_the_schema(self):
        status, output = self.validate(self.FILE)
        self.assertEqual(status, 0, output)

    def test_a_member_that_does_not_exist_is_found(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.FILE.read_text().replace("cap_drop", "drop_caps"))
            file.flush()
            self.assertIn("drop_caps", self.validate(file.name)[1])

    def test_every_service_is_on_loopback_only_and_without_privileges(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertTrue(all(port.startswith("127.0.0.1:") for port in service["ports"]))
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertIn("mem_limit", service)

    def test_latchkey_is_built_here_and_cannot_write(self):
        latchkey = self.services["latchkey"]
        self.assertEqual((DEPLOY / latchkey["build"]["context"]).resolve(), ROOT)
        self.assertTrue(latchkey["read_only"])

    def test_images_of_others_are_pinned(self):
        for name in ("prometheus", "grafana"):
            self.assertRegex(self.services[name]["image"], r":v?\d+\.\d+\.\d+$")

    def test_mounted_folders_exist(self):
        for service in self.services.values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue((DEPLOY / source).is_dir(), source)

    def test_server_may_drain(self):
        self.assertGreater(int(self.services["latchkey"]["stop_grace_period"].removesuffix("s")), drain_seconds())

    def test_settings_exist(self):
        self.check_settings(self.services["latchkey"]["environment"])

    def test_prometheus_has_the_job_that_the_compose_file_names(self):
        configuration = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
        [job] = configuration["scrape_configs"]
        [target] = job["static_configs"][0]["targets"]
        host, port = target.split(":")
        self.assertEqual(job["job_name"], "latchkey")
        self.assertTrue(self.services[host]["ports"][0].endswith(f":{port}"))


class KubernetesTests(ManifestTests):
    def setUp(self):
        documents = list(yaml.safe_load_all((DEPLOY / "kubernetes/latchkey.yaml").read_text()))
        self.objects = {document["kind"]: document for document in documents}
        self.pod = self.objects["Deployment"]["spec"]["template"]
        [self.container] = self.pod["spec"]["containers"]

    def test_objects_hold_to_the_schema(self):
        for kind, document in self.objects.items():
            with self.subTest(kind):
                kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)

    def test_a_member_that_does_not_exist_is_found(self):
        self.container["readOnly"] = True
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(self.objects["Deployment"], KUBERNETES_VERSION, strict=True)

    def test_there_is_never_a_second_store(self):
        spec = self.objects["Deployment"]["spec"]
        self.assertEqual((spec["replicas"], spec["strategy"]), (1, {"type": "Recreate"}))

    def test_pod_is_restricted(self):
        context = self.pod["spec"]["securityContext"]
        self.assertEqual((context["runAsNonRoot"], context["runAsUser"]), (True, 65532))
        self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertFalse(self.pod["spec"]["automountServiceAccountToken"])
        self.assertEqual(
            self.container["securityContext"],
            {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})

    def test_server_may_drain(self):
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], drain_seconds())

    def test_settings_exist(self):
        self.check_settings(one["name"] for one in self.container["env"])

    def test_selectors_find_the_pod_and_its_port(self):
        labels = self.pod["metadata"]["labels"].items()
        spec = self.objects["Service"]["spec"]
        self.assertLessEqual(spec["selector"].items(), labels)
        self.assertLessEqual(self.objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items(), labels)
        [port] = self.container["ports"]
        self.assertEqual(spec["ports"][0]["targetPort"], port["name"])
        self.assertEqual(self.pod["metadata"]["annotations"]["prometheus.io/port"], str(port["containerPort"]))


class SystemdTests(ManifestTests):
    def setUp(self):
        self.file = DEPLOY / "systemd/latchkey.service"
        # The program need not be installed here, and the settings' file is optional.
        self.text = self.file.read_text().replace("/usr/local/bin/latchkey", str(BINARY))
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.unit = pathlib.Path(self.directory.name, "latchkey.service")
        self.unit.write_text(self.text)
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str
        parser.read_string(self.text)
        self.service = parser["Service"]
        self.environment = dict(item.split("=") for item in self.service["Environment"].split())

    def test_systemd_has_no_complaint(self):
        status, output = run("systemd-analyze", "verify", "--man=no", self.unit)
        self.assertEqual((status, output), (0, ""))

    def test_unit_may_do_little(self):
        status, output = run(
            "systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", "--no-pager", self.unit)
        self.assertEqual(status, 0, output)

    def test_start_time_can_be_read(self):
        # It needs /proc/stat, which this hides.
        self.assertNotIn("ProcSubset", self.service)

    def test_server_may_drain(self):
        self.assertGreater(int(self.service["TimeoutStopSec"]), drain_seconds())

    def test_connections_have_descriptors(self):
        self.assertGreater(int(self.service["LimitNOFILE"]), int(self.environment["LATCHKEY_MAX_CONNECTIONS"]))

    def test_settings_exist(self):
        self.check_settings(self.environment)


if __name__ == "__main__":
    unittest.main()
