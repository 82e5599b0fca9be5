"""Documents in short: notes on the parts of a long one, put together; without a model, its most central sentences."""
