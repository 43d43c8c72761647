"""The comparison "as the server writes it": what differs in text is made on a scratch database and read back.

A project asks with `compare = roundtrip` under `[limbeck]`, env.py with the option `compare="roundtrip"`.
"""
