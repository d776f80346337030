"""Python imports this by itself where the folder is on PYTHONPATH: then no client of a test takes an answer that has a field twice.

urllib, requests and http.client all read heads with the one function that is wrapped here.
"""

import http.client

from answer_fields import repeated

_parse_headers = http.client.parse_headers


def _parse_strictly(*arguments, **options):
    fields = _parse_headers(*arguments, **options)
    if name := repeated(fields.keys()):
        raise http.client.HTTPException(f"the answer has more than one {name}: {fields.items()}")
    return fields


http.client.parse_headers = _parse_strictly
