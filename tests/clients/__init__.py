"""Programs that speak OpenAI's API, as their users have them, against the whole service: run by `make clients`."""
