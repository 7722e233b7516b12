"""Reads messages with Python's own email package and says what is in them.

In: a line of JSON a message, {"eml": base64}. Out: a line of JSON a message, with every header decoded, every part, and
whatever the parser holds against it.
"""

import base64
import json
import sys
from email import policy
from email.parser import BytesParser


def defects(part):
    found = [repr(d) for d in part.defects]
    for name, value in part.items():
        found += [f"{name}: {d!r}" for d in getattr(value, "defects", [])]
    return found


def mailboxes(value):
    return [{"name": a.display_name, "address": a.addr_spec} for a in value.addresses] if value is not None else []


for line in sys.stdin:
    mail = BytesParser(policy=policy.default).parsebytes(base64.b64decode(json.loads(line)["eml"]))
    parts = list(mail.iter_parts())
    print(json.dumps({
        "names": mail.keys(),
        "subject": mail["subject"],
        "from": mailboxes(mail["from"]),
        "to": mailboxes(mail["to"]),
        "reply_to": mailboxes(mail["reply-to"]),
        "date": mail["date"].datetime.isoformat(),
        "message_id": mail["message-id"],
        "list_unsubscribe": mail["list-unsubscribe"],
        "content_type": mail.get_content_type(),
        "boundary": mail.get_boundary(),
        "parts": [{"type": p.get_content_type(), "charset": p.get_content_charset(), "text": p.get_content()} for p in parts],
        "defects": sum((defects(p) for p in mail.walk()), []),
    }))
