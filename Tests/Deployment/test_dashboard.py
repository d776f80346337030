"""The dashboard is well-formed and usable: what Grafana would accept without a word is looked at here."""

import json
import unittest

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from places import DEPLOY
from sources import dashboard

COLUMNS = 24
# Read by Grafana's data source for Prometheus; the model of annotations is the same for all data sources and lacks it.
NOT_IN_THE_MODEL = ["annotations.list.0.titleFormat"]


def lost(wanted, found, path=()):
    """What of `wanted` is not in `found`, or has another value there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [one for key in wanted for one in lost(wanted[key], found.get(key), (*path, key))]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [one for index, item in enumerate(wanted) for one in lost(item, found[index], (*path, index))]
    return [] if wanted == found else [".".join(map(str, path))]


def through_the_model(content):
    """The content as Grafana's own model of dashboards holds it: what that does not know is gone."""
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(content)))


class DashboardTests(unittest.TestCase):
    def setUp(self):
        self.dashboard = dashboard()
        self.panels = self.dashboard["panels"]
        self.graphs = [panel for panel in self.panels if panel["type"] != "row"]

    def test_every_member_is_known_to_grafana(self):
        self.assertEqual(lost(self.dashboard, through_the_model(self.dashboard)), NOT_IN_THE_MODEL)

    def test_a_member_that_is_not_known_is_found(self):
        self.graphs[0]["options"]["graphModel"] = "none"
        self.assertIn("panels.1.options.graphModel", lost(self.dashboard, through_the_model(self.dashboard)))

    def test_ids_are_unique(self):
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(len(ids), len(set(ids)))

    def test_panels_fill_the_width_and_do_not_overlap(self):
        cells = [
            (x, y)
            for panel in self.panels
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        self.assertEqual(len(cells), len(set(cells)))
        height = max(y for _, y in cells) + 1
        self.assertEqual(set(cells), {(x, y) for x in range(COLUMNS) for y in range(height)})

    def test_each_panel_says_what_to_do_and_takes_the_chosen_data_source(self):
        for panel in self.graphs:
            with self.subTest(panel["title"]):
                self.assertGreater(len(panel["description"]), 40)
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                self.assertTrue(panel["targets"])

    def test_queries_of_a_panel_have_names_of_their_own(self):
        for panel in self.graphs:
            names = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(names), len(set(names)), panel["title"])

    def test_each_panel_follows_the_chosen_job_and_instance(self):
        for panel in self.graphs:
            for target in panel["targets"]:
                if "ALERTS" not in target["expr"]:
                    with self.subTest(panel["title"]):
                        self.assertEqual(
                            target["expr"].count('{job=~"$job",instance=~"$instance"'), target["expr"].count("{"))

    def test_figures_have_units(self):
        for panel in self.graphs:
            with self.subTest(panel["title"]):
                if panel["type"] == "heatmap":
                    self.assertEqual(panel["options"]["yAxis"]["unit"], "s")
                elif panel["type"] != "table":
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])

    def test_variables_choose_the_data_source_the_job_and_the_instance(self):
        names = [variable["name"] for variable in self.dashboard["templating"]["list"]]
        self.assertEqual(names, ["datasource", "job", "instance"])

    def test_compose_file_mounts_the_dashboard_where_it_is_provisioned_and_shows_it_first(self):
        grafana = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["grafana"]
        provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/latchkey.yaml").read_text())["providers"][0]
        mounted = dict(volume.split(":")[:2] for volume in grafana["volumes"])
        self.assertEqual(mounted["./grafana/dashboards"], provider["options"]["path"])
        home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertEqual(home, f"{provider['options']['path']}/latchkey.json")


if __name__ == "__main__":
    unittest.main()
