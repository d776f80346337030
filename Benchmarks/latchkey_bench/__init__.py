"""Measures Latchkey against its peers, and its own counts against their budgets. See ../README.md."""
