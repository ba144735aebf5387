"""Consolidation without a person: a model of the user's choice works off what memory asks for.

`work.py` is a run; `hands.py` what the model may do in it; `agent.py` the model; `pace.py` when;
`rehearsal.py` what a dry run would have been refused.
Only `agent.py` and `trouble.py` know the agent library, which the extra `sleep` brings.
"""
