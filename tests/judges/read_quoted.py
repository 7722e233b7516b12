"""Decodes quoted-printable with Python's own quopri and email.

In: a line of JSON each, {"eml": base64}. Out: a line of JSON each, what both say the bytes were, in base64.
"""

import base64
import email.message
import json
import quopri
import sys

for line in sys.stdin:
    quoted = base64.b64decode(json.loads(line)["eml"])
    message = email.message.Message()
    message["Content-Transfer-Encoding"] = "quoted-printable"
    message.set_payload(quoted.decode("ascii"))
    print(json.dumps([base64.b64encode(said).decode() for said in (quopri.decodestring(quoted), message.get_payload(decode=True))]))
