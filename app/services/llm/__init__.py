"""Language models: calls with limits in time and number, retries, fallback, streams.

`model.py` is what the rest uses; `vendors.py` alone knows groq and openai.
"""
