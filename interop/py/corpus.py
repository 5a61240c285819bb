"""Signs the requests on stdin with botocore and prints those it signs otherwise."""
import base64, json, sys
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

doc = json.load(sys.stdin)
signer = SigV4Auth(Credentials(doc["key"], doc["secret"]), "execute-api", "us-east-1")
bad = {}
for r in doc["requests"]:
    url, _, query = r["URL"].partition("?")
    # botocore encodes parameters; a query in the URL it takes as it is.
    params = [tuple(unquote(x) for x in pair.partition("=")[::2]) for pair in query.split("&") if pair]
    request = AWSRequest(method=r["Method"], url=url, params=params, data=base64.b64decode(r["Body"] or ""))
    for name, value in r["Headers"]:
        request.headers.add_header(name, value)
    request.context["timestamp"] = r["Date"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    if not r["Authorization"].endswith("Signature=" + signature):
        bad[r["Name"]] = canonical[:600]
json.dump(bad, sys.stdout)
