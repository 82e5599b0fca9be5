"""What the service tells of itself to those who run it: figures for Prometheus, spans for OpenTelemetry.

`families.py` declares what is counted as it happens, `counting.py` has a function for each such event, `state.py` how
things stand when somebody asks, `tracing.py` the spans. No figure names a client: what one client does shows in the log
and in its usage.
"""
