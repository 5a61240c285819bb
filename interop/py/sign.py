# Signs each request that stands as a line of JSON on the standard input with
# botocore and prints the headers to add.
import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

for line in sys.stdin:
    r = json.loads(line)
    signer = SigV4Auth(Credentials(r["key"], r["secret"], r["token"]), "execute-api", r["region"])
    request = AWSRequest(method=r["method"], url=r["url"], headers=dict(r["headers"]), data=r["body"].encode())
    signer.add_auth(request)
    print(json.dumps(dict(request.headers.items())), flush=True)
