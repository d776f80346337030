"""Where the files are, and how a tool is run."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RULES = PROMETHEUS / "rules" / "latchkey.yaml"
RULE_TESTS = sorted((PROMETHEUS / "tests").glob("*_test.yaml"))
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "latchkey.json"
ALERTS_PAGE = ROOT / "Documentation" / "Alerts.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "Documentation").glob("*.md")), *sorted(DEPLOY.rglob("*.md"))]
# The server that is checked; Scripts/check-deploy tells which.
BINARY = pathlib.Path(os.environ.get("CHECK_DEPLOY_BINARY", ROOT / ".build" / "release" / "latchkey")).resolve()

TIME_LIMIT = 60


def run(*command, input=None):
    """The exit code and all that the command said."""
    finished = subprocess.run(
        [str(part) for part in command], input=input, stdin=None if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIME_LIMIT, check=False)
    return finished.returncode, finished.stdout
