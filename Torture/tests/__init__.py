import latchkey_torture  # noqa: F401, which finds the package that it shares modules with
