"""What Postfix delivered against what the campaign replays, both read by Python's email: the same but for the trace headers.

read_back.py DELIVERED REPLAYED: two folders of messages.
"""
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path

TRACES = {"return-path", "x-original-to", "delivered-to", "received"}


def read(path):
    # A maildir has the line ends of its machine, a message as it travels has CRLF.
    text = path.read_bytes().replace(b"\r\n", b"\n")
    message = BytesParser(policy=policy.default).parsebytes(text)
    for part in message.walk():
        assert not part.defects, (path, part.defects)
    headers = [(name, value) for name, value in message.items() if name.lower() not in TRACES]
    parts = [(part.get_content_type(), part.get_content()) for part in message.walk() if not part.is_multipart()]
    return message["Message-ID"], headers, parts


def main(delivered, replayed):
    ours = {message_id: rest for message_id, *rest in map(read, Path(replayed).iterdir())}
    count = 0
    for message_id, *rest in map(read, Path(delivered).iterdir()):
        assert ours.pop(message_id) == rest, message_id
        count += 1
    assert not ours, f"{len(ours)} did not come"
    print(f"{count} messages are the same")


main(*sys.argv[1:])
