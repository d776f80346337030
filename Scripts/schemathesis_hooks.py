"""What schemathesis cannot learn from openapi.yaml, which describes each parameter by itself, and each status once."""

import re
from base64 import b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode
from zlib import crc32

import requests
import schemathesis
import yaml
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

# The parameters that go with each operation of POST.
COMPANY = {
    "incr": {"by", "ttl"},
    "append": {"ttl"},
    "getset": {"ttl", "keepttl"},
    "getdel": set(),
    "touch": {"ttl"},
}


DESCRIPTION = yaml.safe_load((Path(__file__).parent.parent / "openapi.yaml").read_text())
ENTITY_TAGS = re.compile(DESCRIPTION["components"]["schemas"]["EntityTags"]["pattern"])


# A blank in a query as URLs have it: requests writes `+`, as forms do, which is refused as ambiguous.
requests.models.urlencode = partial(urlencode, quote_via=quote)


def is_update(case):
    return case.method == "POST" and case.path == "/keys/{key}"


# What is sent.


@schemathesis.hook
def before_call(context, case, kwargs):
    if is_stateful(case):
        empty_for_scenario(case)
    # Chosen by the request itself, so that a repetition does the same.
    choice = crc32(repr((case.path, case.query, case.body)).encode())
    if case.meta is not None and case.meta.generation.mode.is_positive:
        mend_digest(case)
        if choice & 6:
            mend_company(case)
        if is_stateful(case):
            # A repetition has to find the same values.
            if case.query.get("ttl", "none") != "none":
                case.query["ttl"] = "3600"
        else:
            use_known(case.query, "cursor", choice)
            if choice & 24:
                use_known(case.path_parameters, "key", choice)
    # `Accept` is no parameter in OpenAPI.
    if choice & 1 and "accept" not in {name.lower() for name in case.headers}:
        case.headers["Accept"] = "application/json"


def mend_digest(case):
    """Gives content its own digest, which no schema can, or none."""
    for name in [name for name in case.headers if name.lower() == "content-digest"]:
        del case.headers[name]
        if isinstance(case.body, bytes):
            case.headers[name] = f"sha-256=:{b64encode(sha256(case.body).digest()).decode()}:"


def is_stateful(case):
    return case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL


scenario = None


def empty_for_scenario(case):
    """Has each scenario begin with an empty store: what an earlier one has left there makes a repetition end
    otherwise, and Hypothesis then gives up on the whole phase without a word."""
    global scenario
    data = current_build_context().data
    if data is not scenario:
        scenario = data
        requests.delete(f"{case.operation.base_url.rstrip('/')}/keys", params={"all": "true"}).raise_for_status()


def mend_company(case):
    """Leaves out the parameters that would be refused beside the others, or nearly no POST would do anything."""
    query = case.query
    if is_update(case):
        for name in set(query) - {"op"} - COMPANY[query["op"]]:
            del query[name]
        if query["op"] == "touch":
            query.setdefault("ttl", "none")
        elif query.get("ttl") == "none":
            del query["ttl"]
    if "ttl" in query and "keepttl" in query:
        del query["ttl"]


known = {"key": [], "cursor": []}


def use_known(parameters, name, choice):
    """Replaces a parameter, if it is there, by one that leads somewhere."""
    if name in parameters and known[name]:
        parameters[name] = known[name][choice % len(known[name])]


@schemathesis.hook
def after_call(context, case, response):
    """Keeps the last keys that were stored under, and the last cursors."""
    if response.status_code == 201:
        known["key"][:] = [case.path_parameters["key"], *known["key"][:7]]
    for link in response.headers.get("link", []):
        if match := re.search("cursor=([^>]*)>", link):
            known["cursor"][:] = [match[1], *known["cursor"][:7]]


@st.composite
def batches(draw):
    """Content for /batch, whose grammar JSON Schema has no words for: a length says where a value ends."""
    keys = st.binary(min_size=1, max_size=40).map(lambda key: quote(key).encode())
    items = st.one_of(
        keys.map(lambda key: b"GET " + key),
        keys.map(lambda key: b"DELETE " + key),
        st.builds(lambda key, value: b"PUT %s %d\n%s" % (key, len(value), value), keys, st.binary(max_size=100)),
    )
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    return end.join(draw(st.lists(items, max_size=20))) + draw(st.sampled_from([b"", end]))


@schemathesis.hook.apply_to(path="/batch")
def before_generate_body(context, strategy):
    return batches()


@schemathesis.serializer("application/vnd.latchkey.batch")
def serialize_batch(context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


# What comes back.


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not is_expected(type(failure).__name__, case, response)


def is_expected(failure, case, response):
    status = response.status_code
    if failure == "RejectedPositiveData" and status == 400:
        # A cursor is valid only for as long as the server that gave it out runs.
        return is_refused_company(case) or "cursor" in case.query
    if is_update(case):
        operation = case.query.get("op")
        if failure == "RejectedPositiveData":
            # Whether a value is a number depends on what was stored.
            return status == 409 and operation == "incr"
        if failure == "AcceptedNegativeData":
            # Fields that go with content are not looked at where content is not.
            return operation in ("incr", "getdel", "touch") and is_wrong_in_content_only(case)
        if failure == "MissingContentType":
            # One status for three operations, and only `incr` has content with it.
            return status == 201 and operation != "incr" and not response.content
    return False


def is_wrong_in_content_only(case):
    """Whether all that is wrong with a request lies in its content and in the fields that go with that."""
    wrong = {place for place, part in case.meta.components.items() if part.mode.is_negative}
    conditions = [value for name, value in case.headers.items() if name.lower() in ("if-match", "if-none-match")]
    return wrong <= {ParameterLocation.HEADER, ParameterLocation.BODY} and all(map(ENTITY_TAGS.search, conditions))


def is_refused_company(case):
    """Whether these parameters, each of them valid, are refused together."""
    query = case.query
    if is_update(case):
        operation = query["op"]
        if set(query) - {"op"} - COMPANY[operation]:
            return True
        if "ttl" not in query if operation == "touch" else query.get("ttl") == "none":
            return True
    if case.method == "DELETE" and case.path in ("/keys", "/keys/"):
        return not query.get("prefix") and "all" not in query
    return "ttl" in query and "keepttl" in query


@schemathesis.deserializer("text/yaml", "text/x-yaml", "application/x-yaml", "text/vnd.yaml", "application/yaml")
def deserialize_yaml(context, response):
    """A value need not be what it was stored as; the error of the reader built in would end the phase."""
    try:
        return yaml.safe_load(response.content)
    except yaml.YAMLError as error:
        raise ValueError("not YAML") from error
