"""The PromQL in the rules, the dashboard and the documentation, and the metrics that are named there."""

import json
import re
from dataclasses import dataclass

import yaml

from places import ALERTS_PAGE, DASHBOARD, PAGES, RULES

METRIC = re.compile(r"(?<![\w:/.-])(?:latchkey|process)_[a-z0-9_]+(?![\w:(/])")
RECORDED = re.compile(r"\b[a-z]\w*:[a-z]\w*:\w+\b")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
PROMQL_BLOCK = re.compile(r"^ *```promql\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# What Grafana puts in for these.
VARIABLES = {"$__rate_interval": "10s", "$job": ".+", "$instance": ".+"}


@dataclass(frozen=True)
class Expression:
    place: str
    text: str

    def metrics(self):
        """The names of series that Latchkey serves."""
        return set(METRIC.findall(RECORDED.sub("", QUOTED.sub('""', self.text))))

    def recorded(self):
        """The names of series that a rule records."""
        return set(RECORDED.findall(QUOTED.sub('""', self.text)))


def rules():
    """All rules, as the file has them."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def dashboard():
    return json.loads(DASHBOARD.read_text())


def rule_expressions():
    return [Expression(f"rule {rule.get('alert') or rule['record']}", rule["expr"]) for rule in rules()]


def panel_expressions():
    return [
        Expression(f"panel {panel['id']} {panel['title']}", with_values(target["expr"]))
        for panel in dashboard()["panels"] for target in panel.get("targets", [])
    ]


def other_dashboard_expressions():
    """Of annotations. What the variables ask for is no PromQL, but names metrics."""
    return [
        Expression(f"annotation {one['name']}", with_values(one["expr"])) for one in dashboard()["annotations"]["list"]
    ]


def variable_queries():
    return [
        Expression(f"variable {one['name']}", with_values(one["query"]["query"]))
        for one in dashboard()["templating"]["list"] if one["type"] == "query"
    ]


def with_values(text):
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


def recipes(pages=PAGES):
    """The blocks of PromQL in the documentation; an empty line stands between two expressions, a # before words."""
    found = []
    for page in pages:
        for block in PROMQL_BLOCK.findall(page.read_text()):
            for recipe in re.split(r"\n\s*\n", block):
                text = "\n".join(line for line in recipe.splitlines() if not line.lstrip().startswith("#")).strip()
                if text:
                    found.append(Expression(f"{page.name}: {text.splitlines()[0]}", text))
    return found


def names_in_prose(pages=PAGES):
    """Metrics that the documentation names outside of PromQL, each with the page: families or series."""
    return {(page.name, name) for page in pages for name in METRIC.findall(PROMQL_BLOCK.sub("", page.read_text()))}


def sections(page=ALERTS_PAGE):
    """The headings of the second level."""
    return re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)


def missing(expressions, served):
    """Each metric that is named and not served, with the place that names it."""
    return sorted(
        f"{expression.place}: {name}" for expression in expressions for name in expression.metrics() - served)
